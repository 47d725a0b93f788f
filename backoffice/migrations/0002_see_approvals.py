"""Whoever may give something sees the requests that wait for a second person."""

from typing import Any

from django.contrib.auth.management import create_permissions
from django.db import migrations

DEEDS = (
    "ledger.credit_wallet",
    "ledger.refund_sale",
    "ledger.record_payout",
    "billing.give_free_minutes",
)


def let_givers_see(apps: Any, schema_editor: Any = None) -> None:
    """Groups and people with one of the rights get the right to see requests."""
    config = apps.get_app_config("billing")
    if getattr(config, "models_module", None) is None:
        config.models_module = True  # of a migration's apps there is none, and nothing would be made
    create_permissions(config, apps=apps, verbosity=0)
    Permission = apps.get_model("auth", "Permission")
    see = Permission.objects.get(content_type__app_label="billing", codename="view_approvalrequest")
    for name in DEEDS:
        label, codename = name.split(".")
        for right in Permission.objects.filter(content_type__app_label=label, codename=codename):
            for group in apps.get_model("auth", "Group").objects.filter(permissions=right):
                group.permissions.add(see)
            for user in apps.get_model("customers", "User").objects.filter(user_permissions=right):
                user.user_permissions.add(see)


class Migration(migrations.Migration):
    dependencies = [
        ("backoffice", "0001_roles"),
        ("billing", "0010_approval_request"),
    ]

    operations = [migrations.RunPython(let_givers_see, migrations.RunPython.noop)]
