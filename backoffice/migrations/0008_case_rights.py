"""Support, Finance, and administrators see cases and answer them."""

from typing import Any

from django.contrib.auth.management import create_permissions
from django.db import migrations

ROLES = ("Support", "Finance", "Administrator")
RIGHTS = ("view_case", "answer_case")


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
        ("backoffice", "0007_payment_rights"),
        ("billing", "0016_cases"),
    ]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
