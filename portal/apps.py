"""App: the operators' pages."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "portal"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Say where operators find the pages that domain code links to."""
        from messaging.pages import OPERATOR_CONVERSATION
        from notices.pages import (
            APPLICATION,
            HELD_LINE,
            OPERATOR_CONSOLE,
            OPERATOR_HELD,
            OPERATOR_HOME,
            OPERATOR_PAYOUTS,
            OPERATOR_STATEMENT,
            PAYOUT_ACCOUNT,
            TAX_FORM,
        )
        from privacy.pages import OPERATOR_DATA
        from web.requests import Site

        OPERATOR_CONSOLE.register("portal:console", site=Site.PORTAL)
        OPERATOR_HOME.register("portal:dashboard", site=Site.PORTAL)
        APPLICATION.register("portal:apply", site=Site.PORTAL)
        TAX_FORM.register("portal:tax-form", site=Site.PORTAL)
        OPERATOR_STATEMENT.register("portal:statement", site=Site.PORTAL)
        HELD_LINE.register("portal:held-line", site=Site.PORTAL)
        OPERATOR_HELD.register("portal:held", site=Site.PORTAL)
        OPERATOR_PAYOUTS.register("portal:payouts", site=Site.PORTAL)
        PAYOUT_ACCOUNT.register("portal:payout-account", site=Site.PORTAL)
        OPERATOR_CONVERSATION.register("portal:conversation", site=Site.PORTAL)
        OPERATOR_DATA.register("portal:data-download", site=Site.PORTAL)
