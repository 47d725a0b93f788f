"""A column of a table that everybody reads: PostgreSQL adds it behind all who are reading it."""

from django.db import migrations


class Migration(migrations.Migration):
    operations = [
        migrations.RunSQL(
            "ALTER TABLE operators_operator ADD COLUMN one_column integer", migrations.RunSQL.noop
        ),
    ]
