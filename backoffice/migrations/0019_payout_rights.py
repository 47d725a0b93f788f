"""Finance prepares payouts and administrators approve them. Where there is no role of administrators, Finance may do both.

Nobody approves what they prepared, whatever their rights.
"""

from typing import Any

from django.contrib.auth.management import create_permissions
from django.db import migrations

_SEE = tuple(
    f"view_{model}"
    for model in ("payoutrun", "payoutitem", "payoutfile", "payoutaccount", "taxyear", "dormancyterm")
)
RIGHTS = {
    "Finance": (*_SEE, "prepare_payouts"),
    "Administrator": (
        *_SEE, "prepare_payouts", "approve_payouts",
        "add_taxyear", "change_taxyear", "add_dormancyterm", "change_dormancyterm", "delete_dormancyterm",
    ),
}  # fmt: skip
ALONE = {"Finance": ("approve_payouts",)}


def give(apps: Any, schema_editor: Any) -> None:
    """To the shipped roles, where they still are there."""
    config = apps.get_app_config("payouts")
    if getattr(config, "models_module", None) is None:
        config.models_module = True  # of a migration's apps there is none, and nothing would be made
    create_permissions(config, apps=apps, verbosity=0)
    rights = apps.get_model("auth", "Permission").objects.filter(content_type__app_label="payouts")
    roles = list(apps.get_model("auth", "Group").objects.filter(name__in=RIGHTS))
    for role in roles:
        names = RIGHTS[role.name] + (ALONE.get(role.name, ()) if len(roles) == 1 else ())
        role.permissions.add(*rights.filter(codename__in=names))


class Migration(migrations.Migration):
    dependencies = [
        ("backoffice", "0018_tax_form_rights"),
        ("payouts", "0002_terms"),
    ]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
