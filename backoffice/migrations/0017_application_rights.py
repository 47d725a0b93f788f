"""Operations and administrators decide about applications and open identity documents; support and finance don't."""

from typing import Any

from django.contrib.auth.management import create_permissions
from django.db import migrations

ROLES = ("Operations", "Administrator")
RIGHTS = ("view_application", "decide_application", "view_identity_document")


def give(apps: Any, schema_editor: Any) -> None:
    """To the roles that approve operators."""
    config = apps.get_app_config("operators")
    if getattr(config, "models_module", None) is None:
        config.models_module = True  # of a migration's apps there is none, and nothing would be made
    create_permissions(config, apps=apps, verbosity=0)
    rights = apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label="operators", codename__in=RIGHTS
    )
    for group in apps.get_model("auth", "Group").objects.filter(name__in=ROLES):
        group.permissions.add(*rights)


class Migration(migrations.Migration):
    dependencies = [
        ("backoffice", "0016_greeting_rights"),
        ("operators", "0025_applications"),
    ]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
