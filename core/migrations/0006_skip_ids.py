"""After a restore, ids that were given out since are left out."""

from django.db import migrations

from core.sql_functions import InstallFunction


class Migration(migrations.Migration):
    dependencies = [("core", "0005_cache")]

    operations = [
        InstallFunction(
            "core_skip_ids",
            sha256="c9cb44d6ea45e8dadac49807c365531ae95f41851419631943a284b72722e7b8",
            drop="DROP FUNCTION core_skip_ids(int);",
        ),
    ]
