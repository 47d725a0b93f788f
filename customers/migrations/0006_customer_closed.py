from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0005_limit_days"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(
                condition=models.Q(("closed_at__isnull", False)), fields=["closed_at"], name="customer_closed"
            ),
        ),
    ]
