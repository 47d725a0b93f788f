"""App: what people are told outside of the pages."""

from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "notices"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen to billing, customers, and operators: each decision that promises a letter writes one. And to logins that end."""
        from notices import (  # noqa: F401
            access_letters,
            application_letters,
            approval_letters,
            case_letters,
            held_letters,
            hours_letters,
            letters,
            logins,
            money_letters,
            payment_letters,
            payout_letters,
        )
