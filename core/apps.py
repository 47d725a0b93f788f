"""App: what has no domain word."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "core"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """The API document's extensions and the check of SQL functions."""
        from core import openapi, sql_functions  # noqa: F401
