"""Staff settle disputes, and handle problems of card payments."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0014_processor_reports"),
        ("customers", "0019_consent_as_owner"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="payment",
            options={
                "default_permissions": ("view",),
                "permissions": [("settle_payment", "Can settle disputes and problems of card payments")],
            },
        ),
        migrations.RemoveIndex(
            model_name="payment",
            name="payment_problem",
        ),
        migrations.AddField(
            model_name="payment",
            name="dispute_closed_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="payment",
            name="handled_by",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="payment",
            name="problem_handled_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="payment",
            name="written_off_minor",
            field=models.PositiveBigIntegerField(default=0),
        ),
        migrations.AddIndex(
            model_name="payment",
            index=models.Index(
                condition=models.Q(
                    models.Q(("problem", ""), _negated=True), ("problem_handled_at__isnull", True)
                ),
                fields=["id"],
                name="payment_open_problem",
            ),
        ),
        migrations.AddIndex(
            model_name="payment",
            index=models.Index(
                condition=models.Q(("dispute_closed_at__isnull", True), ("state", "disputed")),
                fields=["id"],
                name="payment_open_dispute",
            ),
        ),
    ]
