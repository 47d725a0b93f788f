"""A pay-back by staff is once for each form."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0025_daily_close"),
        ("customers", "0022_drop_daily_limit"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="payback",
            name="idempotency_key",
            field=models.CharField(max_length=200, null=True),
        ),
        migrations.AddConstraint(
            model_name="payback",
            constraint=models.UniqueConstraint(
                condition=models.Q(("idempotency_key__isnull", False)),
                fields=("idempotency_key",),
                name="pay_back_once_per_key",
            ),
        ),
    ]
