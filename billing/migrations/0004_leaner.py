"""One index less on keys, plans that are kept."""

from django.conf import settings
from django.db import migrations, models

from core.sql_functions import InstallFunction


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0003_funds_request"),
        ("brands", "0001_initial"),
        ("customers", "0001_initial"),
        ("ledger", "0005_leaner"),
        ("operators", "0002_at_work"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        InstallFunction(
            "billing_settle",
            sha256="71ddcfeab611f322a4a7573ef638652b11c8772c8f8cb3af2a0c5309ef552329",
            replaces="ae44c0bcc1a717676df3766b355fe96b2476f39602b387cb8c3f5a81c3ff4589",
        ),
        migrations.AlterField(
            model_name="authorization",
            name="reference",
            field=models.CharField(max_length=80),
        ),
        migrations.AlterField(
            model_name="freeminutespackage",
            name="idempotency_key",
            field=models.CharField(max_length=200),
        ),
        migrations.AddConstraint(
            model_name="authorization",
            constraint=models.UniqueConstraint(
                fields=("reference",), name="authorization_once_per_reference"
            ),
        ),
        migrations.AddConstraint(
            model_name="freeminutespackage",
            constraint=models.UniqueConstraint(fields=("idempotency_key",), name="package_once_per_key"),
        ),
    ]
