"""What ends a call joins no more what its JSON is made into."""

from django.db import migrations

from core.sql_functions import InstallFunction


class Migration(migrations.Migration):
    dependencies = [("telephony", "0019_finish_call")]

    operations = [
        InstallFunction(
            "telephony_finish_call",
            sha256="4447254a890907d49fb8930368bfc112c57274be244094cca6ce9fd0dde83126",
            replaces="dcb831eecddb0596035d0a1bc6fab144027aa2bcaa8c3a9f3d12a561d15756ce",
        ),
    ]
