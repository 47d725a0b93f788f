"""Phones that were an operator's; those that are today come over."""

import django.db.models.deletion
from django.db import migrations, models

COPY = """
INSERT INTO operators_operatorphone (operator_id, phone_number_id, verified_at)
SELECT id, phone_number_id, phone_verified_at FROM operators_operator
 WHERE phone_number_id IS NOT NULL AND phone_verified_at IS NOT NULL
"""


class Migration(migrations.Migration):
    dependencies = [
        ("operators", "0013_closed_by_operator"),
        ("phones", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="OperatorPhone",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("verified_at", models.DateTimeField()),
                (
                    "operator",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="phones",
                        to="operators.operator",
                    ),
                ),
                (
                    "phone_number",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="phones.phonenumber",
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(fields=("operator", "phone_number"), name="operator_phone_once")
                ],
            },
        ),
        migrations.RunSQL(COPY, migrations.RunSQL.noop),
    ]
