"""3 of 3: every row has its number in `phones`; the text goes."""

from typing import Any

from django.db import migrations, models

from phones.copying import copy_late_numbers


def copy_late(apps: Any, schema_editor: Any) -> None:
    copy_late_numbers(apps, schema_editor.connection, table="messaging_smsroute", column="old_number")
    copy_late_numbers(apps, schema_editor.connection, table="messaging_sms", column="old_number")
    copy_late_numbers(
        apps, schema_editor.connection, table="messaging_smsconsent", column="old_number", append_only=True
    )


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0005_copy_numbers"),
    ]

    operations = [
        migrations.RunPython(copy_late),
        migrations.RemoveField(model_name="smsroute", name="old_number"),
        migrations.RemoveField(model_name="sms", name="old_number"),
        migrations.RemoveField(model_name="smsconsent", name="old_number"),
        migrations.AlterField(
            model_name="smsroute",
            name="phone_number",
            field=models.ForeignKey(
                db_index=False, on_delete=models.PROTECT, related_name="+", to="phones.phonenumber"
            ),
        ),
        migrations.AlterField(
            model_name="sms",
            name="phone_number",
            field=models.ForeignKey(
                db_index=False, on_delete=models.PROTECT, related_name="+", to="phones.phonenumber"
            ),
        ),
        migrations.AlterField(
            model_name="smsconsent",
            name="phone_number",
            field=models.ForeignKey(
                db_index=False, on_delete=models.PROTECT, related_name="+", to="phones.phonenumber"
            ),
        ),
        migrations.AddConstraint(
            model_name="smsroute",
            constraint=models.UniqueConstraint(
                fields=["phone_number", "pool_number"], name="route_to_one_conversation"
            ),
        ),
        migrations.AddConstraint(
            model_name="smsroute",
            constraint=models.UniqueConstraint(fields=["conversation", "phone_number"], name="route_once"),
        ),
        migrations.AddIndex(
            model_name="sms",
            index=models.Index(
                models.F("phone_number"), models.OrderBy(models.F("id"), descending=True), name="sms_of_phone"
            ),
        ),
        migrations.AddIndex(
            model_name="sms",
            index=models.Index(
                condition=models.Q(("state", "queued")), fields=["phone_number"], name="sms_queued_to_phone"
            ),
        ),
        migrations.AddIndex(
            model_name="smsconsent",
            index=models.Index(
                models.F("phone_number"),
                models.OrderBy(models.F("id"), descending=True),
                name="consent_of_phone",
            ),
        ),
    ]
