"""Copies that were made in clear are encrypted as they are: each is kept for a week."""

from django.db import migrations

from core.encryption import encrypt_bytes

ZIP_START = b"PK"


def encrypt_exports(apps, schema_editor):
    exports = apps.get_model("privacy", "DataExport").objects
    for pk in exports.filter(state="ready").values_list("pk", flat=True):
        data = bytes(exports.get(pk=pk).data)
        if data.startswith(ZIP_START):
            exports.filter(pk=pk).update(data=encrypt_bytes(data))


class Migration(migrations.Migration):
    dependencies = [("privacy", "0002_export")]

    operations = [migrations.RunPython(encrypt_exports, migrations.RunPython.noop)]
