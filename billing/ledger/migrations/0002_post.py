"""The posting function (its text lies beside the app, where it can be read as SQL)."""

from django.db import migrations

from core.sql_functions import InstallFunction


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]

    operations = [
        InstallFunction(
            "ledger_post",
            sha256="cbf1ce068d209f036f60306103a1dfdfe39f74cfdd0525c59a533e3e4ca02491",
            drop="DROP FUNCTION ledger_post(jsonb, bigint, bigint); DROP FUNCTION ledger_platform_account(text, text, text);",
        ),
    ]
