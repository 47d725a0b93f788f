"""The ZIP code that customers may give: where what they buy is taxed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0019_consent_as_owner"),
    ]

    operations = [
        migrations.AddField(
            model_name="customer",
            name="zip_code",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=5, verbose_name="ZIP code"
            ),
        ),
    ]
