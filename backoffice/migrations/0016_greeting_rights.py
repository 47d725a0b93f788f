"""Whoever looks at operators' new photos, or decides about them, does so with their recorded greetings."""

from typing import Any

from django.contrib.auth.management import create_permissions
from django.db import migrations

RIGHTS = {"view_photo": "view_greeting", "change_photo": "change_greeting"}


def give(apps: Any, schema_editor: Any) -> None:
    """To roles and people."""
    config = apps.get_app_config("operators")
    if getattr(config, "models_module", None) is None:
        config.models_module = True  # of a migration's apps there is none, and nothing would be made
    create_permissions(config, apps=apps, verbosity=0)
    rights = apps.get_model("auth", "Permission").objects.filter(content_type__app_label="operators")
    for held, given in RIGHTS.items():
        former, right = rights.filter(codename=held), rights.get(codename=given)
        for group in apps.get_model("auth", "Group").objects.filter(permissions__in=former):
            group.permissions.add(right)
        for user in apps.get_model("customers", "User").objects.filter(user_permissions__in=former):
            user.user_permissions.add(right)


class Migration(migrations.Migration):
    dependencies = [
        ("backoffice", "0015_brand_text_rights"),
        ("operators", "0018_greetings"),
    ]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
