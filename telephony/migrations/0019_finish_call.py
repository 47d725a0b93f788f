"""A call ends with values for its settlement instead of JSON."""

from django.db import migrations

from core.sql_functions import InstallFunction


class Migration(migrations.Migration):
    dependencies = [
        ("telephony", "0018_end_call"),
        ("billing", "0036_end_authorization"),
    ]

    operations = [
        InstallFunction(
            "telephony_finish_call",
            sha256="dcb831eecddb0596035d0a1bc6fab144027aa2bcaa8c3a9f3d12a561d15756ce",
            drop="DROP FUNCTION telephony_finish_call;",
        ),
    ]
