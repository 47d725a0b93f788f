"""The tax terms of a call, frozen like its others. What was authorized before is not taxed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("billing", "0016_cases")]

    operations = [
        migrations.AddField(
            model_name="authorization",
            name="talk_tax_millionths",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="authorization",
            name="fee_tax_millionths",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="authorization",
            name="is_tax_included",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="authorization",
            name="tax_jurisdiction",
            field=models.CharField(blank=True, db_default="", default="", max_length=40),
        ),
    ]
