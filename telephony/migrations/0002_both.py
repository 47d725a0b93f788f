"""The calls of a customer with one operator are read from an index of their own, however many others there are."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("telephony", "0001_initial")]

    operations = [
        migrations.AddIndex(
            model_name="call",
            index=models.Index(fields=["customer", "operator", "-id"], name="call_of_both"),
        ),
    ]
