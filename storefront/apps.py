"""The customer sites' Django app."""

from django.apps import AppConfig


class StorefrontConfig(AppConfig):
    name = "storefront"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Say where customers find the pages that domain code links to, and what draws an operator's preview."""
        from messaging.pages import CUSTOMER_CONVERSATION
        from notices.pages import (
            APP_ICON,
            COMPLAINT,
            CUSTOMER_CASE,
            CUSTOMER_HOME,
            DISCRETION,
            LIMITS,
            MAIL_OFF,
            NOTIFICATIONS,
        )
        from operators.pages import OWN_LINK, PROFILE
        from privacy.pages import CUSTOMER_DATA
        from storefront.preview import render_preview
        from telephony.pages import RECEIPT
        from web.operator_preview import register
        from web.requests import Site

        register(render_preview)
        PROFILE.register("operator", site=Site.BRAND)
        OWN_LINK.register("own-link", site=Site.BRAND)
        CUSTOMER_CASE.register("case", site=Site.BRAND)
        COMPLAINT.register("complaint", site=Site.BRAND)
        APP_ICON.register("app-icon", site=Site.BRAND)
        NOTIFICATIONS.register("notifications", site=Site.BRAND)
        LIMITS.register("limits", site=Site.BRAND)
        DISCRETION.register("help-discretion", site=Site.BRAND)
        MAIL_OFF.register("mail-off", site=Site.BRAND)
        CUSTOMER_HOME.register("dashboard", site=Site.BRAND)
        CUSTOMER_DATA.register("data-download", site=Site.BRAND)
        RECEIPT.register("receipt", site=Site.BRAND)
        CUSTOMER_CONVERSATION.register("conversation", site=Site.BRAND)
