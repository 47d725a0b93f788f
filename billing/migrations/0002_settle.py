"""The settling function (its text lies beside the app, where it can be read as SQL)."""

from django.db import migrations

from core.sql_functions import InstallFunction


class Migration(migrations.Migration):
    dependencies = [("billing", "0001_initial"), ("ledger", "0002_post")]

    operations = [
        InstallFunction(
            "billing_settle",
            sha256="ae44c0bcc1a717676df3766b355fe96b2476f39602b387cb8c3f5a81c3ff4589",
            drop="DROP FUNCTION billing_settle(bigint, jsonb, int[], jsonb);",
        ),
    ]
