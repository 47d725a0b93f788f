"""The roll-up is handed the new entries instead of searching for them: as quick with ten million as with ten."""

from django.db import migrations

from core.sql_functions import InstallFunction


class Migration(migrations.Migration):
    dependencies = [("ledger", "0003_roll_up")]

    operations = [
        migrations.RunSQL(
            "DROP FUNCTION IF EXISTS ledger_roll_up(bigint[]);",
            "DROP FUNCTION IF EXISTS ledger_roll_up(bigint[], bigint[], bigint[]);",
        ),
        InstallFunction(
            "ledger_roll_up",
            sha256="61c1124ff0657d309df6ca6339cc141688f14bec322c01009326956eb9641a5c",
            replaces="62d806498f811d609e0af16895f772cc23d27f1a1d9c0acb431f5eef483b6c7b",
        ),
        InstallFunction(
            "ledger_post",
            sha256="adf6c766ffbda06cfc4cfebd7b6a066a2c0bde601d9d7cc7c159522c89065300",
            replaces="8a6e361018f97b42d8e31271be89a5d73980489732a6b4e3701e8c9e2ad3cff9",
        ),
    ]
