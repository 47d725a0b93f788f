"""Postings keep the operators' daily earnings (the texts of both functions lie beside the app)."""

from django.db import migrations

from core.sql_functions import InstallFunction


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_post"), ("operators", "0002_at_work")]

    operations = [
        InstallFunction(
            "ledger_roll_up",
            sha256="62d806498f811d609e0af16895f772cc23d27f1a1d9c0acb431f5eef483b6c7b",
            drop="DROP FUNCTION ledger_roll_up(bigint[]);",
        ),
        InstallFunction(
            "ledger_post",
            sha256="8a6e361018f97b42d8e31271be89a5d73980489732a6b4e3701e8c9e2ad3cff9",
            replaces="cbf1ce068d209f036f60306103a1dfdfe39f74cfdd0525c59a533e3e4ca02491",
        ),
    ]
