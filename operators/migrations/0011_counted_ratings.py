"""One customer counts once in an operator's mean: by the last of their ratings that is shown."""

from django.db import migrations, models
from django.db.models import Q

MARK = """
UPDATE operators_rating SET is_counted = true WHERE id IN (
    SELECT max(id) FROM operators_rating WHERE NOT is_hidden GROUP BY operator_id, customer_id)
"""
COUNT = """
UPDATE operators_operator o
   SET rating_count = counted.count, rating_sum = counted.sum
  FROM (SELECT operator_id, count(*) AS count, sum(stars) AS sum
          FROM operators_rating WHERE is_counted GROUP BY operator_id) counted
 WHERE counted.operator_id = o.id AND (o.rating_count, o.rating_sum) IS DISTINCT FROM (counted.count, counted.sum)
"""


class Migration(migrations.Migration):
    dependencies = [("operators", "0010_drop_phone")]

    operations = [
        migrations.AddField(
            model_name="rating",
            name="is_qualified",
            field=models.BooleanField(default=True, verbose_name="enough was paid"),
        ),
        migrations.AddField(
            model_name="rating",
            name="is_counted",
            field=models.BooleanField(default=False, verbose_name="in the mean"),
        ),
        migrations.RunSQL(MARK, migrations.RunSQL.noop),
        migrations.RunSQL(COUNT, migrations.RunSQL.noop),
        # The rows' own checks are due before the table can change again.
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="rating",
            constraint=models.UniqueConstraint(
                condition=Q(("is_counted", True)),
                fields=("operator", "customer"),
                name="one_customer_counts_once",
            ),
        ),
    ]
