"""Replaces Django's admin site with ours: staff log in through allauth."""

from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig


class AdminConfig(DjangoAdminConfig):
    default_site = "aeims.admin.AdminSite"

    def ready(self) -> None:
        """Also registers the house's own checks."""
        super().ready()
        from aeims import checks  # noqa: F401
