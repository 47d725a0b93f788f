"""A phone on which 9 was pressed is not called until it is verified anew: since when, and why."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0006_customer_closed"),
    ]

    operations = [
        migrations.AddField(
            model_name="customerphone",
            name="block_reason",
            field=models.CharField(
                blank=True,
                choices=[("do_not_call", "9 was pressed during a call")],
                db_default="",
                default="",
                editable=False,
                max_length=20,
            ),
        ),
        migrations.AddField(
            model_name="customerphone",
            name="blocked_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
    ]
