"""Counters are kept by one function, which other functions can call, too."""

from django.db import migrations

from core.sql_functions import InstallFunction


class Migration(migrations.Migration):
    dependencies = [("operators", "0031_first_minutes")]

    operations = [
        InstallFunction(
            "operators_count_activity",
            sha256="702c2edfc32c5a64502d6a30c68ecf6d68c8234831cd3dcfa13ba3643fa7763b",
            drop="DROP FUNCTION operators_count_activity(bigint, bigint, bigint, date, timestamptz, int, int, int, int);",
        ),
    ]
