"""App: calls."""

from django.apps import AppConfig


class TelephonyConfig(AppConfig):
    name = "telephony"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen to billing and customers: new funds, a limit, or a break changes the running call's grant."""
        from telephony.services import extend_live_call  # noqa: F401
