"""Administrators may end somebody's sessions and remove a lost second factor; superusers give the right to others."""

from typing import Any

from django.contrib.auth.management import create_permissions
from django.db import migrations


def give(apps: Any, schema_editor: Any) -> None:
    """To the shipped role, where it still is there."""
    config = apps.get_app_config("customers")
    if getattr(config, "models_module", None) is None:
        config.models_module = True  # of a migration's apps there is none, and nothing would be made
    create_permissions(config, apps=apps, verbosity=0)
    rights = apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label="customers", codename="manage_logins"
    )
    for role in apps.get_model("auth", "Group").objects.filter(name="Administrator"):
        role.permissions.add(*rights)


class Migration(migrations.Migration):
    dependencies = [
        ("backoffice", "0004_held_earnings"),
        ("customers", "0018_manage_logins"),
    ]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
