"""`manage.py rotate_keys`: after it the old keys can go, and nobody notices."""

from io import StringIO

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django.fixtures import Settings

from core import encryption
from core.sessions import SessionStore
from phones.selectors import find_number
from tests.factories import CustomerPhoneFactory, UserFactory

pytestmark = pytest.mark.django_db

NUMBER, SEED = "+12125550100", "JBSWY3DPEHPK3PXP"


def rotate() -> str:
    said = StringIO()
    call_command("rotate_keys", stdout=said)
    return said.getvalue()


def test_numbers_factors_and_sessions_outlive_their_old_keys(settings: Settings) -> None:
    settings.DATA_KEYS, settings.HASH_KEYS = ["old data"], ["old hash"]
    phone, user = CustomerPhoneFactory(number=NUMBER), UserFactory()
    TOTP.activate(user, SEED)
    codes = RecoveryCodes.activate(user).get_unused_codes()
    session = SessionStore()
    session["who"] = "they"
    session.create()
    settings.DATA_KEYS, settings.HASH_KEYS = ["new data", "old data"], ["new hash", "old hash"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT phone_number_id FROM customers_customerphone")
        [(reference,)] = cursor.fetchall()
    assert (
        rotate()
        == "phone numbers: 1\nsecond factors: 2\nsessions: 1\ndocuments: 0\npayout accounts and files: 0\ntax forms: 0\n"
    )
    assert (
        rotate()
        == "phone numbers: 0\nsecond factors: 0\nsessions: 0\ndocuments: 0\npayout accounts and files: 0\ntax forms: 0\n"
    )
    settings.DATA_KEYS, settings.HASH_KEYS = ["new data"], ["new hash"]
    found = find_number(NUMBER)
    assert found is not None
    assert (found.pk, found.e164) == (reference, NUMBER)  # other tables are not written
    assert type(phone).objects.get().number == NUMBER
    totp, recovery = Authenticator.objects.filter(user=user).order_by("-type")
    assert encryption.decrypt(totp.data["secret"]) == SEED
    assert recovery.wrap().get_unused_codes() == codes
    assert SessionStore(session.session_key)["who"] == "they"


def test_a_key_that_is_missing_is_said_and_nothing_is_lost(settings: Settings) -> None:
    settings.DATA_KEYS = ["old"]
    CustomerPhoneFactory(number=NUMBER)
    settings.DATA_KEYS = ["new"]
    with pytest.raises(CommandError, match="phone numbers: something is under a key"):
        rotate()
    settings.DATA_KEYS = ["old"]
    found = find_number(NUMBER)
    assert found is not None
    assert found.e164 == NUMBER
