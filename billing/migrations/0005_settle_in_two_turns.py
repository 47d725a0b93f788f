"""Settling reads without a lock; the function checks that what was read still holds."""

from django.db import migrations

from core.sql_functions import InstallFunction


class Migration(migrations.Migration):
    dependencies = [("billing", "0004_leaner")]

    operations = [
        migrations.RunSQL(
            "DROP FUNCTION IF EXISTS billing_settle(bigint, jsonb, int[], jsonb);",
            "DROP FUNCTION IF EXISTS billing_settle(bigint, int, jsonb, int[], jsonb);",
        ),
        InstallFunction(
            "billing_settle",
            sha256="ca298f62377f801473fb158dd0570808058968e94c3762b89fb974508ef2e73e",
            replaces="71ddcfeab611f322a4a7573ef638652b11c8772c8f8cb3af2a0c5309ef552329",
        ),
    ]
