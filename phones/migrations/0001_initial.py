from django.db import migrations, models

import core.fields


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="PhoneNumber",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("e164", core.fields.EncryptedTextField()),
                ("e164_hash", models.BinaryField(editable=False, unique=True)),
                ("last_two", models.CharField(editable=False, max_length=2)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={"indexes": [models.Index(fields=["last_two"], name="phone_number_last_two")]},
        ),
    ]
