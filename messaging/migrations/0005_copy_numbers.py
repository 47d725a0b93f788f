"""2 of 3: the numbers move to `phones`, in batches. It may be broken off and run again."""

from typing import Any

from django.db import migrations

from phones.copying import copy_numbers


def copy(apps: Any, schema_editor: Any) -> None:
    copy_numbers(apps, schema_editor.connection, table="messaging_smsroute", column="old_number")
    copy_numbers(apps, schema_editor.connection, table="messaging_sms", column="old_number")
    copy_numbers(
        apps, schema_editor.connection, table="messaging_smsconsent", column="old_number", append_only=True
    )


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("messaging", "0004_phone_number"),
    ]

    operations = [migrations.RunPython(copy)]
