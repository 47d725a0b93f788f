"""App: every phone number, once."""

from django.apps import AppConfig


class PhonesConfig(AppConfig):
    name = "phones"
    default_auto_field = "django.db.models.BigAutoField"
