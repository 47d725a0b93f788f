"""The first line of every history: each row as it is when histories begin, so that the next change has a before."""

from typing import Any

from django.db import migrations

TABLES = {
    "UserChange": "customers_user",
    "RoleChange": "customers_user_groups",
    "RightChange": "customers_user_user_permissions",
    "GroupChange": "auth_group",
    "GroupRightChange": "auth_group_permissions",
    "CustomerChange": "customers_customer",
    "OperatorChange": "operators_operator",
    "ListingChange": "operators_listing",
    "BrandChange": "brands_brand",
    "HostChange": "brands_brandhost",
    "RulesChange": "messaging_brandrules",
}


def write_down(apps: Any, schema_editor: Any) -> None:
    """One statement a table: about a second for 10⁵ rows."""
    for name, table in TABLES.items():
        event = apps.get_model("history", name)
        columns = [f'"{f.column}"' for f in event._meta.fields if not f.name.startswith("pgh_")]
        listed = ", ".join(columns)
        schema_editor.execute(
            f'INSERT INTO "{event._meta.db_table}" (pgh_created_at, pgh_label, pgh_obj_id, {listed})'
            f" SELECT now(), 'begin', id, {listed} FROM \"{table}\" ORDER BY id"
        )


class Migration(migrations.Migration):
    dependencies = [("history", "0001_tracked")]

    operations = [migrations.RunPython(write_down, migrations.RunPython.noop)]
