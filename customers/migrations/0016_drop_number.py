"""3 of 3: every row has its number in `phones`; the text goes."""

from typing import Any

from django.db import migrations, models

from phones.copying import copy_late_numbers


def copy_late(apps: Any, schema_editor: Any) -> None:
    copy_late_numbers(apps, schema_editor.connection, table="customers_customerphone", column="number")
    copy_late_numbers(apps, schema_editor.connection, table="customers_phoneverification", column="number")


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0015_copy_numbers"),
    ]

    operations = [
        migrations.RunPython(copy_late),
        migrations.RemoveConstraint(model_name="customerphone", name="phone_once_per_customer"),
        migrations.RemoveConstraint(model_name="customerphone", name="verified_phone_once"),
        migrations.RemoveIndex(model_name="customerphone", name="phone_number"),
        migrations.RemoveIndex(model_name="phoneverification", name="verification_of_number"),
        migrations.RemoveField(model_name="customerphone", name="number"),
        migrations.RemoveField(model_name="phoneverification", name="number"),
        migrations.AlterField(
            model_name="customerphone",
            name="phone_number",
            field=models.ForeignKey(
                db_index=False, on_delete=models.PROTECT, related_name="+", to="phones.phonenumber"
            ),
        ),
        migrations.AlterField(
            model_name="phoneverification",
            name="phone_number",
            field=models.ForeignKey(
                db_index=False, on_delete=models.PROTECT, related_name="+", to="phones.phonenumber"
            ),
        ),
        migrations.AddConstraint(
            model_name="customerphone",
            constraint=models.UniqueConstraint(
                fields=["customer", "phone_number"], name="phone_once_per_customer"
            ),
        ),
        migrations.AddConstraint(
            model_name="customerphone",
            constraint=models.UniqueConstraint(
                condition=models.Q(("verified_at__isnull", False)),
                fields=["phone_number"],
                name="verified_phone_once",
            ),
        ),
        migrations.AddIndex(
            model_name="customerphone", index=models.Index(fields=["phone_number"], name="phone_number")
        ),
        migrations.AddIndex(
            model_name="phoneverification",
            index=models.Index(fields=["phone_number", "created_at"], name="verification_of_number"),
        ),
    ]
