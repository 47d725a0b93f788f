"""App: the demo's data. It has no tables; `manage.py demo` loads it."""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "demo"
