"""Payments of the last minutes are found by their index."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0018_tax_rates"),
        ("customers", "0020_customer_zip_code"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name="payment",
            index=models.Index(fields=["changed_at"], name="payment_changed"),
        ),
    ]
