"""Each function has a file of its own; the texts are those of 0006."""

from django.db import migrations

from core.sql_functions import InstallFunction


class Migration(migrations.Migration):
    dependencies = [("ledger", "0006_balanced_at_once")]

    operations = [
        # Going back keeps the function: the text of 0006 that ledger_post goes back to holds it as well.
        InstallFunction(
            "ledger_platform_account",
            sha256="c7cdc9dbd5f7b60056458cc1a479a0be769c0229807d745488165959f84c0d18",
            drop="SELECT 1;",
        ),
        InstallFunction(
            "ledger_post",
            sha256="3e2df4ebd0bea2571dd1f9bafa93794b459c531529ea9dbb8252a1170ffab604",
            replaces="73bb2e004fe0a9a3ef4a02d4190a36f104a686c0bbe6d5b4dff1fffe99101e75",
        ),
    ]
