"""1 of 3: rows point to their number in `phones`; nothing is copied yet."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("operators", "0007_verified_phone"),
        ("phones", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="operator",
            name="phone_number",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=models.PROTECT,
                related_name="+",
                to="phones.phonenumber",
            ),
        ),
    ]
