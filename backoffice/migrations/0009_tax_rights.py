"""Staff who see the books see tax rates; administrators set them."""

from typing import Any

from django.contrib.auth.management import create_permissions
from django.db import migrations

_MODELS = ("taxjurisdiction", "taxzip", "taxrate", "brandtax")
_SEE = tuple(f"view_{model}" for model in _MODELS)
RIGHTS = {
    "Support": _SEE,
    "Finance": _SEE,
    "Administrator": (
        *_SEE,
        *(f"{deed}_{model}" for deed in ("add", "change") for model in _MODELS),
        "delete_taxzip",
    ),
}


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
        ("backoffice", "0008_case_rights"),
        ("billing", "0018_tax_rates"),
    ]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
