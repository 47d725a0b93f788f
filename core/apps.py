"""App: what has no domain word."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "core"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """How sessions are shown in the API's document."""
        from core import openapi  # noqa: F401
