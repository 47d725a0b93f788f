"""The record of deeds is written through a function that acts as its owner."""

from django.db import migrations

from core.sql_functions import InstallFunction


class Migration(migrations.Migration):
    dependencies = [("core", "0003_guards")]

    operations = [
        InstallFunction(
            "core_record_audit",
            sha256="152959b08afe7782515442904af4a0ffdc2d8f1bc9360afde49094cc9d1fb05e",
            drop="DROP FUNCTION core_record_audit(bigint, text, text, text, jsonb);",
        ),
    ]
