"""Finance and administrators open tax forms, for the reports to the IRS; nobody else does."""

from typing import Any

from django.contrib.auth.management import create_permissions
from django.db import migrations

ROLES = ("Finance", "Administrator")
RIGHT = "view_tax_form"


def give(apps: Any, schema_editor: Any) -> None:
    """To the roles that see what was earned."""
    config = apps.get_app_config("operators")
    if getattr(config, "models_module", None) is None:
        config.models_module = True  # of a migration's apps there is none, and nothing would be made
    create_permissions(config, apps=apps, verbosity=0)
    right = apps.get_model("auth", "Permission").objects.get(
        content_type__app_label="operators", codename=RIGHT
    )
    for group in apps.get_model("auth", "Group").objects.filter(name__in=ROLES):
        group.permissions.add(right)


class Migration(migrations.Migration):
    dependencies = [
        ("backoffice", "0017_application_rights"),
        ("operators", "0028_tax_forms"),
    ]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
