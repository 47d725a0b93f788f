"""1 of 3: rows point to their number in `phones`; nothing is copied yet."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0003_sms_id_of_any_provider"),
        ("phones", "0001_initial"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="smsroute", name="route_to_one_conversation"),
        migrations.RemoveConstraint(model_name="smsroute", name="route_once"),
        migrations.RemoveIndex(model_name="sms", name="sms_of_phone"),
        migrations.RemoveIndex(model_name="sms", name="sms_queued_to_phone"),
        migrations.RemoveIndex(model_name="smsconsent", name="consent_of_phone"),
        migrations.RenameField(model_name="smsroute", old_name="phone_number", new_name="old_number"),
        migrations.RenameField(model_name="sms", old_name="phone_number", new_name="old_number"),
        migrations.RenameField(model_name="smsconsent", old_name="phone_number", new_name="old_number"),
        migrations.AddField(
            model_name="smsroute",
            name="phone_number",
            field=models.ForeignKey(
                db_index=False, null=True, on_delete=models.PROTECT, related_name="+", to="phones.phonenumber"
            ),
        ),
        migrations.AddField(
            model_name="sms",
            name="phone_number",
            field=models.ForeignKey(
                db_index=False, null=True, on_delete=models.PROTECT, related_name="+", to="phones.phonenumber"
            ),
        ),
        migrations.AddField(
            model_name="smsconsent",
            name="phone_number",
            field=models.ForeignKey(
                db_index=False, null=True, on_delete=models.PROTECT, related_name="+", to="phones.phonenumber"
            ),
        ),
    ]
