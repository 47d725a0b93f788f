"""App: staff pages that need several domains."""

from django.apps import AppConfig


class BackOfficeConfig(AppConfig):
    name = "backoffice"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Say where staff find the pages that domain code links to."""
        from customers.pages import PASSWORD_LINK, STAFF_CUSTOMER
        from messaging.pages import STAFF_CONVERSATION
        from notices.pages import STAFF_APPROVALS
        from operators.pages import STAFF_PROFILE
        from web.requests import Site

        PASSWORD_LINK.register("account_reset_password_from_key", site=Site.ADMIN)
        STAFF_APPROVALS.register("backoffice:approvals", site=Site.ADMIN)
        STAFF_CONVERSATION.register("backoffice:conversation", site=Site.ADMIN)
        STAFF_CUSTOMER.register("backoffice:customer", site=Site.ADMIN)
        STAFF_PROFILE.register("backoffice:operator", site=Site.ADMIN)
