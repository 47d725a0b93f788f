"""2 of 3: the numbers move to `phones`, in batches. It may be broken off and run again."""

from typing import Any

from django.db import migrations

from phones.copying import copy_numbers


def copy(apps: Any, schema_editor: Any) -> None:
    copy_numbers(apps, schema_editor.connection, table="operators_operator", column="phone")


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("operators", "0008_phone_number"),
    ]

    operations = [migrations.RunPython(copy)]
