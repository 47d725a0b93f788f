"""App: who answers."""

from django.apps import AppConfig


class OperatorsConfig(AppConfig):
    name = "operators"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen to customers: whoever returns keeps their blocks."""
        from operators.services import keep_blocks  # noqa: F401
