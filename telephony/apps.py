"""App: calls."""

from django.apps import AppConfig


class TelephonyConfig(AppConfig):
    name = "telephony"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen to what changes the running call's grant: new funds, a limit, a break, a suspension, a brand switched off; and
        to a card that was declined.

        Say what is on record about a call that a case is about.
        """
        from telephony import approvals, case_evidence  # noqa: F401
        from telephony.services import add_funds_in_call, extend_live_call, reserve_operator  # noqa: F401

        approvals.register_deeds()
