"""Name what the directory reads by the field's words. Columns and indexes are renamed; no row is rewritten."""

import django.contrib.postgres.indexes
from django.db import migrations, models

APPROVED = models.Q(("approval_status", "approved"))
RENAMED_INDEXES = {"operator_by_esteem": "operator_by_rating", "operator_words": "operator_search"}


class Migration(migrations.Migration):
    dependencies = [("operators", "0004_photos")]

    operations = [
        # Django keeps the old field names inside the indexes of its state, so it is told of the same indexes anew;
        # PostgreSQL's follow their columns.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveIndex("operator", name)
                for name in (
                    "operator_directory",
                    "operator_by_esteem",
                    "operator_by_price",
                    "operator_by_age",
                    "operator_words",
                )
            ]
        ),
        migrations.RenameField("operator", "standing", "approval_status"),
        migrations.RenameField("operator", "shelf", "availability_rank"),
        migrations.RenameField("operator", "esteem", "weighted_rating"),
        migrations.RenameField("operator", "words", "search_vector"),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AddIndex(
                    "operator",
                    models.Index(fields=["approval_status", "presence", "id"], name="operator_directory"),
                ),
                migrations.AddIndex(
                    "operator",
                    models.Index(
                        fields=["availability_rank", "-weighted_rating", "id"],
                        name="operator_by_rating",
                        condition=APPROVED,
                    ),
                ),
                migrations.AddIndex(
                    "operator",
                    models.Index(
                        fields=["availability_rank", "rate_per_minute_minor", "id"],
                        name="operator_by_price",
                        condition=APPROVED,
                    ),
                ),
                migrations.AddIndex(
                    "operator",
                    models.Index(
                        fields=["availability_rank", "-id"], name="operator_by_age", condition=APPROVED
                    ),
                ),
                migrations.AddIndex(
                    "operator",
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["search_vector"], name="operator_search"
                    ),
                ),
            ],
            database_operations=[
                migrations.RunSQL(
                    f"ALTER INDEX {before} RENAME TO {after}", f"ALTER INDEX {after} RENAME TO {before}"
                )
                for before, after in RENAMED_INDEXES.items()
            ],
        ),
    ]
