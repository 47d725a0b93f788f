"""App: conversations."""

from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "messaging"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen to billing: pages show what was given back, whoever did it. Say what is on record about a text of a case. Text an operator whose payouts go elsewhere."""
        from messaging import case_evidence, payout_alerts, push  # noqa: F401
