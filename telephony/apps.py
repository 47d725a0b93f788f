"""App: calls."""

from django.apps import AppConfig


class TelephonyConfig(AppConfig):
    name = "telephony"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen to what changes the running call's grant: new funds, a limit, a break, a suspension, a brand switched off."""
        from telephony import approvals
        from telephony.services import extend_live_call  # noqa: F401

        approvals.register_deeds()
