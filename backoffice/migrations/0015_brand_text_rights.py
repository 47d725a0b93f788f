"""Operations and administrators see what the home pages say; administrators write and publish it."""

from typing import Any

from django.contrib.auth.management import create_permissions
from django.db import migrations

RIGHTS = {
    "Operations": ("view_brandtext",),
    "Administrator": ("view_brandtext", "add_brandtext"),
}


def give(apps: Any, schema_editor: Any) -> None:
    """To the shipped roles, where they still are there."""
    config = apps.get_app_config("brands")
    if getattr(config, "models_module", None) is None:
        config.models_module = True  # of a migration's apps there is none, and nothing would be made
    create_permissions(config, apps=apps, verbosity=0)
    rights = apps.get_model("auth", "Permission").objects.filter(content_type__app_label="brands")
    for role in apps.get_model("auth", "Group").objects.filter(name__in=RIGHTS):
        role.permissions.add(*rights.filter(codename__in=RIGHTS[role.name]))


class Migration(migrations.Migration):
    dependencies = [
        ("backoffice", "0014_collusion_rights"),
        ("brands", "0007_brandtext"),
    ]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
