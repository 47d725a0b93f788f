"""The table of `core.database_cache`. Not a model: nothing refers to it, and it may be empty at any time."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("core", "0004_record_as_owner")]

    operations = [
        migrations.RunSQL(
            "CREATE UNLOGGED TABLE core_cache ("
            " key bytea PRIMARY KEY, value jsonb NOT NULL, expires_at timestamptz NOT NULL);"
            "CREATE INDEX core_cache_expires ON core_cache (expires_at);",
            "DROP TABLE core_cache;",
        ),
    ]
