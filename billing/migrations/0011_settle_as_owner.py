"""Settling acts as the owner of the ledger, whatever the caller may and whatever settings it makes."""

from django.db import migrations

from core.sql_functions import InstallFunction


class Migration(migrations.Migration):
    dependencies = [("billing", "0010_approval_request"), ("ledger", "0012_definer_functions")]

    operations = [
        InstallFunction(
            "billing_settle",
            sha256="eef809ea1df8a0167b88dca5816be4690cd6db911aa02c8a3c43c418ef38a4a3",
            replaces="5afe636c491631acc4c8d0d9a92f606fa48c438d09898a00eadacb004932bbe6",
        ),
    ]
