"""2 of 3: the numbers move to `phones`, in batches. It may be broken off and run again."""

from typing import Any

from django.db import migrations

from phones.copying import copy_numbers


def copy(apps: Any, schema_editor: Any) -> None:
    copy_numbers(apps, schema_editor.connection, table="customers_customerphone", column="number")
    copy_numbers(apps, schema_editor.connection, table="customers_phoneverification", column="number")


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("customers", "0014_phone_number"),
    ]

    operations = [migrations.RunPython(copy)]
