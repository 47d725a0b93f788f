"""A call ends in one turn to the database."""

from django.db import migrations

from core.sql_functions import InstallFunction


class Migration(migrations.Migration):
    dependencies = [
        ("telephony", "0017_first_minutes"),
        ("billing", "0034_first_minutes"),
        ("operators", "0032_count_activity"),
    ]

    operations = [
        InstallFunction(
            "telephony_end_call",
            sha256="0c8751430d46286703392a228f1fa49db3ec21d3b22082549f624d9cdd594e70",
            drop="DROP FUNCTION telephony_end_call(bigint, int, jsonb, int[], jsonb, jsonb, jsonb, jsonb, jsonb);",
        ),
    ]
