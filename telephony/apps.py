"""App: calls."""

from django.apps import AppConfig


class TelephonyConfig(AppConfig):
    name = "telephony"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen to what changes the running call's grant: new funds, a limit, a break, a suspension, a brand switched off; and
        to a card that was declined. Listen to who comes free, blocks, or closes an account: somebody may wait.

        Say what is on record about a call that a case is about.
        """
        from telephony import approvals, case_evidence  # noqa: F401
        from telephony.services import (  # noqa: F401
            add_funds_in_call,
            end_waiting,
            extend_live_call,
            reserve_operator,
            tell_watchers,
        )

        approvals.register_deeds()
