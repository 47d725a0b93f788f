"""Replaces Django's admin site with ours: staff log in through allauth."""

from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig


class AdminConfig(DjangoAdminConfig):
    default_site = "aeims.admin.AdminSite"

    def ready(self) -> None:
        """Also registers our system checks and the receivers that record logins and bound sessions, and reports errors where somebody wants that."""
        super().ready()
        from aeims import checks, login_record, session_lifetimes  # noqa: F401
        from aeims.error_reports import start_error_reports

        start_error_reports()
