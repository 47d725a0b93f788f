"""3 of 3: every row has its number in `phones`; the text goes."""

from typing import Any

from django.db import migrations

from phones.copying import copy_late_numbers


def copy_late(apps: Any, schema_editor: Any) -> None:
    copy_late_numbers(apps, schema_editor.connection, table="operators_operator", column="phone")


class Migration(migrations.Migration):
    dependencies = [
        ("operators", "0009_copy_numbers"),
    ]

    operations = [
        migrations.RunPython(copy_late),
        migrations.RemoveField(model_name="operator", name="phone"),
    ]
