"""Settling sends values instead of JSON."""

from django.db import migrations

from core.sql_functions import InstallFunction


class Migration(migrations.Migration):
    dependencies = [("billing", "0035_contests"), ("ledger", "0024_post_rows")]

    operations = [
        InstallFunction(
            "billing_end_authorization",
            sha256="b9392873dd600de53bd01159e0d189847615a14dc0e6214f73e1f1c3d145c924",
            drop="DROP FUNCTION billing_end_authorization;",
        ),
    ]
