"""Support and administrators see applications for access and decide about them."""

from typing import Any

from django.contrib.auth.management import create_permissions
from django.db import migrations

ROLES = ("Support", "Administrator")
RIGHTS = ("view_accessrequest", "decide_access")


def give(apps: Any, schema_editor: Any) -> None:
    """To the shipped roles, where they still are there."""
    config = apps.get_app_config("customers")
    if getattr(config, "models_module", None) is None:
        config.models_module = True  # of a migration's apps there is none, and nothing would be made
    create_permissions(config, apps=apps, verbosity=0)
    rights = apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label="customers", codename__in=RIGHTS
    )
    for role in apps.get_model("auth", "Group").objects.filter(name__in=ROLES):
        role.permissions.add(*rights)


class Migration(migrations.Migration):
    dependencies = [
        ("backoffice", "0012_reconcile_rights"),
        ("customers", "0023_access_requests"),
    ]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
