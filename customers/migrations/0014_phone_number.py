"""1 of 3: rows point to their number in `phones`; nothing is copied yet."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0013_legal_texts"),
        ("phones", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="customerphone",
            name="phone_number",
            field=models.ForeignKey(
                db_index=False, null=True, on_delete=models.PROTECT, related_name="+", to="phones.phonenumber"
            ),
        ),
        migrations.AddField(
            model_name="phoneverification",
            name="phone_number",
            field=models.ForeignKey(
                db_index=False, null=True, on_delete=models.PROTECT, related_name="+", to="phones.phonenumber"
            ),
        ),
    ]
