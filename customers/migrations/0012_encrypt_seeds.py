"""Seeds of second factors and the sessions that may hold one are encrypted; in batches, and again where it was broken off."""

from collections.abc import Callable
from typing import Any

from django.db import migrations, transaction

from core.encryption import encrypt, is_encrypted

BATCH = 1_000
SECRET_KEYS = ("secret", "seed")


def encrypt_seeds(apps: Any, schema_editor: Any) -> None:
    _each_batch(apps.get_model("mfa", "Authenticator"), "data", _with_secrets_encrypted)


def encrypt_sessions(apps: Any, schema_editor: Any) -> None:
    _each_batch(apps.get_model("sessions", "Session"), "session_data", _as_token)


def _with_secrets_encrypted(data: Any) -> Any:
    changed = {key: _as_token(data[key]) for key in SECRET_KEYS if data.get(key)}
    if codes := data.get("migrated_codes"):
        changed["migrated_codes"] = [_as_token(code) for code in codes]
    return data | changed


def _as_token(text: str) -> str:
    return text if is_encrypted(text) else encrypt(text)


def _each_batch(model: Any, column: str, change: Callable[[Any], Any]) -> None:
    last: Any = None
    while True:
        with transaction.atomic():
            rows = model.objects.select_for_update().order_by("pk")
            batch = list((rows if last is None else rows.filter(pk__gt=last))[:BATCH])
            for row in batch:
                setattr(row, column, change(getattr(row, column)))
            model.objects.bulk_update(batch, [column])
        if not batch:
            return
        last = batch[-1].pk


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("customers", "0011_verification_of_operators"),
        ("mfa", "0003_authenticator_type_uniq"),
        ("sessions", "0001_initial"),
    ]

    operations = [
        migrations.RunPython(encrypt_seeds, migrations.RunPython.noop),
        migrations.RunPython(encrypt_sessions, migrations.RunPython.noop),
    ]
