"""Consents to SMS are recorded through a function that acts as their owner."""

from django.db import migrations

from core.sql_functions import InstallFunction


class Migration(migrations.Migration):
    dependencies = [("messaging", "0007_claimed_stops")]

    operations = [
        InstallFunction(
            "messaging_record_consent",
            sha256="27d90257033a3afca1ab361aa8e3d07a11e9b07f6e33269145bd6e359811b070",
            drop="DROP FUNCTION messaging_record_consent(bigint, text, text, text, text, text, bigint, timestamptz);",
        ),
    ]
