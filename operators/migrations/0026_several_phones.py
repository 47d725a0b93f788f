"""Operators have several phones, with an order. The one they have is the first."""

from django.db import migrations, models

FIRST = """
UPDATE operators_operatorphone AS phone
   SET position = 1, blocked_at = operator.phone_blocked_at
  FROM operators_operator AS operator
 WHERE operator.id = phone.operator_id AND operator.phone_number_id = phone.phone_number_id
   AND operator.phone_verified_at IS NOT NULL
"""


class Migration(migrations.Migration):
    dependencies = [("operators", "0025_applications")]

    operations = [
        migrations.AddField(
            "operatorphone", "position", models.PositiveSmallIntegerField(editable=False, null=True)
        ),
        migrations.AddField("operatorphone", "blocked_at", models.DateTimeField(editable=False, null=True)),
        migrations.RunSQL(FIRST, migrations.RunSQL.noop),
        migrations.AddConstraint(
            "operatorphone",
            models.UniqueConstraint(
                deferrable=models.Deferrable.DEFERRED,
                fields=("operator", "position"),
                name="operator_phone_position",
            ),
        ),
    ]
