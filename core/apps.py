"""App: what has no domain word."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "core"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """The API document's extensions and the checks of SQL functions and of the role that serves."""
        from core import database_roles, openapi, sql_functions  # noqa: F401
