"""One index less on keys, plans that are kept."""

from pathlib import Path

from django.conf import settings
from django.db import migrations, models

SQL = Path(__file__).parent.parent / "sql"


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
        migrations.RunSQL((SQL / "0002_settle.sql").read_text(), migrations.RunSQL.noop),
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
