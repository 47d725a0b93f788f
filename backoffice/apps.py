"""App: staff pages that need several domains."""

from django.apps import AppConfig


class BackOfficeConfig(AppConfig):
    name = "backoffice"
    default_auto_field = "django.db.models.BigAutoField"
