"""Finance and administrators decide about held earnings; superusers give the rights to others."""

from typing import Any

from django.contrib.auth.management import create_permissions
from django.db import migrations

RIGHTS = ("view_earningshold", "decide_earnings")
ROLES = ("Finance", "Administrator")


def give(apps: Any, schema_editor: Any) -> None:
    """To the shipped roles, where they still are there."""
    config = apps.get_app_config("billing")
    if getattr(config, "models_module", None) is None:
        config.models_module = True  # of a migration's apps there is none, and nothing would be made
    create_permissions(config, apps=apps, verbosity=0)
    rights = apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label="billing", codename__in=RIGHTS
    )
    for role in apps.get_model("auth", "Group").objects.filter(name__in=ROLES):
        role.permissions.add(*rights)


class Migration(migrations.Migration):
    dependencies = [
        ("backoffice", "0003_privacy_rights"),
        ("billing", "0012_held_earnings"),
    ]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
