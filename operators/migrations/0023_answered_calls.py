from django.db import migrations, models
from django.db.models import F, Value


class Migration(migrations.Migration):
    # A generated column can't be given another expression: it is made anew, with its index, in this one transaction.

    dependencies = [
        ("operators", "0022_avif"),
    ]

    operations = [
        migrations.AddField(
            model_name="operator",
            name="answer_points",
            field=models.PositiveSmallIntegerField(db_default=80, default=80, editable=False),
        ),
        migrations.RemoveIndex(model_name="operator", name="operator_by_standing"),
        migrations.RemoveField(model_name="operator", name="standing"),
        migrations.AddField(
            model_name="operator",
            name="standing",
            field=models.GeneratedField(
                db_persist=True,
                expression=(F("rating_sum") * Value(100) + Value(2000)) / (F("rating_count") + Value(5))
                + F("returning_points")
                + F("answer_points"),
                output_field=models.IntegerField(),
            ),
        ),
        migrations.AddIndex(
            model_name="operator",
            index=models.Index(
                condition=models.Q(("approval_status", "approved")),
                fields=["availability_rank", "-standing", "id"],
                name="operator_by_standing",
            ),
        ),
    ]
