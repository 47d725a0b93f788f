"""The ledger is written through functions that act as its owner, whatever the caller may and whatever settings it makes."""

from django.db import migrations

from core.sql_functions import InstallFunction


class Migration(migrations.Migration):
    dependencies = [("ledger", "0011_seal")]

    operations = [
        InstallFunction(
            "ledger_wallet",
            sha256="3188a33f0d98e95fce22adbbc1c16a0c4e06fad08dc67acb17d1b37b22f31b83",
            drop="DROP FUNCTION ledger_wallet(bigint, text);",
        ),
        InstallFunction(
            "ledger_payable",
            sha256="6d5f464de22ef803bb5c20c090f16357e657ebc9f9226d1827e7d19b6964845e",
            drop="DROP FUNCTION ledger_payable(bigint, text);",
        ),
        InstallFunction(
            "ledger_lock",
            sha256="e3906190121f59004727c8288c50d5fa50aac9a074e9b46937aeedd89abeaae3",
            drop="DROP FUNCTION ledger_lock(bigint);",
        ),
        InstallFunction(
            "ledger_change_hold",
            sha256="883eb5ba21fd8a44de781f1257e85432cb7fc7fd0ff3bb799021747b14141c25",
            drop="DROP FUNCTION ledger_change_hold(bigint, bigint);",
        ),
        InstallFunction(
            "ledger_add_seal",
            sha256="28f9cf5b6e73c1a80e78db5410dff245a5ad8a5934b6f4308b84f962c09dfb18",
            drop="DROP FUNCTION ledger_add_seal(bigint, int, bigint, bigint, bigint, bytea, bytea, bytea);",
        ),
        InstallFunction(
            "ledger_post",
            sha256="9345bf297c5511b825ec6db6fae7a6430830036847b86e0784f5f4d3b312a55c",
            replaces="3e2df4ebd0bea2571dd1f9bafa93794b459c531529ea9dbb8252a1170ffab604",
        ),
    ]
