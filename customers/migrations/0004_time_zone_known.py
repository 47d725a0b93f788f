"""A time zone that PostgreSQL does not know would stop an operator's postings: it is refused where it is written."""

from django.db import migrations

CONSTRAINT = "user_time_zone_known"


class Migration(migrations.Migration):
    dependencies = [("customers", "0003_limits")]

    operations = [
        migrations.RunSQL(
            f"ALTER TABLE customers_user ADD CONSTRAINT {CONSTRAINT}"
            " CHECK (timezone(time_zone, timestamptz '2000-01-01 00:00:00+00') IS NOT NULL)",
            f"ALTER TABLE customers_user DROP CONSTRAINT {CONSTRAINT}",
        )
    ]
