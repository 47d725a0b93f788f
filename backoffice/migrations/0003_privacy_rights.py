"""Administrators may have a person's data erased and exported; superusers give the rights to others."""

from typing import Any

from django.contrib.auth.management import create_permissions
from django.db import migrations

RIGHTS = ("erase_person", "export_person")


def give(apps: Any, schema_editor: Any) -> None:
    """To the shipped role, where it still is there."""
    config = apps.get_app_config("privacy")
    if getattr(config, "models_module", None) is None:
        config.models_module = True  # of a migration's apps there is none, and nothing would be made
    create_permissions(config, apps=apps, verbosity=0)
    rights = apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label="privacy", codename__in=RIGHTS
    )
    for role in apps.get_model("auth", "Group").objects.filter(name="Administrator"):
        role.permissions.add(*rights)


class Migration(migrations.Migration):
    dependencies = [
        ("backoffice", "0002_see_approvals"),
        ("privacy", "0001_erasure"),
    ]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
