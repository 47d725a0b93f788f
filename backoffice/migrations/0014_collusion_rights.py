"""Finance and administrators record collusion in disputes and decide what operators contest."""

from typing import Any

from django.contrib.auth.management import create_permissions
from django.db import migrations

_RIGHTS = ("view_collusionfinding", "decide_collusion")
RIGHTS = {"Finance": _RIGHTS, "Administrator": _RIGHTS}


def give(apps: Any, schema_editor: Any) -> None:
    """To the shipped roles, where they still are there."""
    config = apps.get_app_config("billing")
    if getattr(config, "models_module", None) is None:
        config.models_module = True  # of a migration's apps there is none, and nothing would be made
    create_permissions(config, apps=apps, verbosity=0)
    rights = apps.get_model("auth", "Permission").objects.filter(content_type__app_label="billing")
    for role in apps.get_model("auth", "Group").objects.filter(name__in=RIGHTS):
        role.permissions.add(*rights.filter(codename__in=RIGHTS[role.name]))


class Migration(migrations.Migration):
    dependencies = [
        ("backoffice", "0013_access_rights"),
        ("billing", "0028_collusion"),
    ]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
