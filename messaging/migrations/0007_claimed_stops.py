"""STOPs that are obeyed before they can be checked, and what the check said."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0006_drop_old_number"),
    ]

    operations = [
        migrations.AlterField(
            model_name="smsconsent",
            name="action",
            field=models.CharField(
                choices=[
                    ("start", "wants SMS"),
                    ("stop", "wants none"),
                    ("help", "asked for help"),
                    ("proved", "STOP checked: it was said"),
                    ("undo", "STOP checked: it was never said"),
                ],
                max_length=6,
            ),
        ),
        migrations.AlterField(
            model_name="smsconsent",
            name="source",
            field=models.CharField(
                choices=[
                    ("sms", "by SMS"),
                    ("site", "on the site"),
                    ("carrier", "told by the carrier"),
                    ("claimed", "by SMS, to be checked"),
                ],
                max_length=8,
            ),
        ),
        migrations.AddIndex(
            model_name="smsconsent",
            index=models.Index(
                condition=models.Q(("source", "claimed")), fields=["id"], name="consent_claimed"
            ),
        ),
    ]
