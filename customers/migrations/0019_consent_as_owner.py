"""Consents are recorded through a function that acts as their owner."""

from django.db import migrations

from core.sql_functions import InstallFunction


class Migration(migrations.Migration):
    dependencies = [("customers", "0018_manage_logins")]

    operations = [
        InstallFunction(
            "customers_record_consents",
            sha256="256c1e2445e02ede5c5b545eae34f1c5a22bcb877d70f0d733dd72c68865400b",
            drop="DROP FUNCTION customers_record_consents(jsonb);",
        ),
    ]
