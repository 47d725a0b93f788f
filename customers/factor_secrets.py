"""What allauth keeps of second factors, brought under the key in use: seeds and recovery codes; and sessions,
which hold a seed while it is set up. Called by `manage.py rotate_keys`.
"""

from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.db import transaction

from core.encryption import InvalidToken, decrypt, encrypt, is_encrypted, is_under_first_key

BATCH = 500
SECRETS = ("secret", "seed")


def rotate_seeds() -> int:
    """Encrypt anew every seed that is not under the first key; how many factors. Safe to repeat. Raises InvalidToken."""
    count, last = 0, 0
    while batch := list(
        Authenticator.objects.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:BATCH]
    ):
        count += _rotate_factors(batch)
        last = batch[-1]
    return count


def _rotate_factors(ids: list[int]) -> int:
    count = 0
    with transaction.atomic():
        for factor in Authenticator.objects.select_for_update().filter(pk__in=ids):
            data = _rotated(factor.data)
            if data != factor.data:
                factor.data = data
                factor.save(update_fields=["data"])
                count += 1
    return count


def _rotated(data: dict[str, Any]) -> dict[str, Any]:
    changed: dict[str, Any] = {key: _under_first_key(data[key]) for key in SECRETS if data.get(key)}
    if codes := data.get("migrated_codes"):
        changed["migrated_codes"] = [_under_first_key(code) for code in codes]
    return data | changed


def rotate_sessions() -> int:
    """The same for sessions; one under a lost key stays as it is, and its owner logs in anew."""
    count, last = 0, ""
    while batch := list(
        Session.objects.filter(pk__gt=last).order_by("pk").values_list("pk", "session_data")[:BATCH]
    ):
        for key, token in batch:
            if not is_under_first_key(token):
                count += _rotate_session(key, token)
        last = batch[-1][0]
    return count


def _rotate_session(key: str, token: str) -> int:
    """Only as it was read: a session that changed meanwhile was written under the first key."""
    try:
        plain = decrypt(token) if is_encrypted(token) else token
    except InvalidToken:
        return 0
    return Session.objects.filter(pk=key, session_data=token).update(session_data=encrypt(plain))


def _under_first_key(token: str) -> str:
    return token if is_under_first_key(token) else encrypt(decrypt(token))
