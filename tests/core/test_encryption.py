"""What stands encrypted in the database: unreadable without its key, never taken for plain text, never searched."""

from importlib import import_module

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.apps import apps
from django.contrib.sessions.backends.db import SessionStore as Plain
from django.contrib.sessions.models import Session
from django.core.exceptions import FieldError
from django.db import connection
from pytest_django.fixtures import Settings

from core import encryption
from core.fields import EncryptedTextField
from core.keyed_hash import BYTES, keyed_hash
from core.sessions import SessionStore
from tests.factories import UserFactory

NUMBER, SEED = "+12125550100", "JBSWY3DPEHPK3PXP"


def test_a_text_comes_back_under_its_key_and_raises_under_another(settings: Settings) -> None:
    token = encryption.encrypt(NUMBER)
    assert encryption.decrypt(token) == NUMBER
    assert encryption.is_encrypted(token)
    assert "2125550100" not in token
    assert token != encryption.encrypt(NUMBER)
    settings.DATA_KEYS = ["another key"]
    with pytest.raises(encryption.InvalidToken):
        encryption.decrypt(token)


def test_two_keys_are_understood_while_one_replaces_the_other(settings: Settings) -> None:
    settings.DATA_KEYS = ["old"]
    before = encryption.encrypt(NUMBER)
    settings.DATA_KEYS = ["new", "old"]
    after = encryption.encrypt(NUMBER)
    assert [encryption.decrypt(token) for token in (before, after)] == [NUMBER, NUMBER]
    assert [encryption.is_under_first_key(token) for token in (before, after)] == [False, True]


def test_a_hash_is_of_one_value_key_and_purpose() -> None:
    hashes = {
        keyed_hash(value, key=key, purpose=purpose)
        for value in ("1", "2") for key in ("a", "b") for purpose in ("phone", "card")
    }  # fmt: skip
    assert (len(hashes), {len(digest) for digest in hashes}) == (8, {BYTES})
    assert keyed_hash("1", key="a", purpose="phone") in hashes


@pytest.mark.parametrize(
    "lookup", ["exact", "iexact", "in", "contains", "startswith", "gt", "regex", "isblank"]
)
def test_no_row_is_looked_for_by_an_encrypted_column(lookup: str) -> None:
    field = EncryptedTextField(name="number")
    with pytest.raises(FieldError, match="number is encrypted"):
        field.get_lookup(lookup)
    with pytest.raises(FieldError, match="number is encrypted"):
        field.get_transform("right")
    assert field.get_lookup("isnull") is not None


@pytest.mark.django_db
def test_seeds_of_second_factors_are_tokens(settings: Settings) -> None:
    user = UserFactory()
    factor, codes = TOTP.activate(user, SEED), RecoveryCodes.activate(user)
    assert SEED not in stored("mfa_authenticator")
    assert encryption.is_encrypted(codes.instance.data["seed"])
    again = Authenticator.objects.get(pk=factor.instance.pk)
    assert encryption.decrypt(again.data["secret"]) == SEED
    settings.DATA_KEYS = ["another key"]
    with pytest.raises(encryption.InvalidToken):
        again.wrap().validate_code("000000")


@pytest.mark.django_db
def test_a_session_is_a_token_and_one_without_its_key_is_empty(settings: Settings) -> None:
    session = SessionStore()
    session["mfa.totp.secret"] = SEED
    session.create()
    row = Session.objects.get(pk=session.session_key)
    assert encryption.is_encrypted(row.session_data)
    assert SessionStore(session.session_key)["mfa.totp.secret"] == SEED
    settings.DATA_KEYS = ["another key"]
    assert list(SessionStore(session.session_key).keys()) == []


@pytest.mark.django_db
def test_what_was_there_before_is_encrypted_and_reads_as_before() -> None:
    migration = import_module("customers.migrations.0012_encrypt_seeds")
    user, session = UserFactory(), Plain()
    session["mfa.totp.secret"] = SEED
    session.create()
    Authenticator.objects.create(user=user, type="totp", data={"secret": SEED})
    Authenticator.objects.create(
        user=user, type="recovery_codes", data={"migrated_codes": ["11111111"], "used_mask": 0}
    )
    assert SessionStore(session.session_key)["mfa.totp.secret"] == SEED  # nobody is logged out by the upgrade
    for _ in range(2):  # broken off and run again
        migration.encrypt_seeds(apps, None)
        migration.encrypt_sessions(apps, None)
    assert SEED not in stored("mfa_authenticator")
    assert "11111111" not in stored("mfa_authenticator")
    assert encryption.is_encrypted(Session.objects.get(pk=session.session_key).session_data)
    assert SessionStore(session.session_key)["mfa.totp.secret"] == SEED
    totp, codes = Authenticator.objects.order_by("type").reverse()
    assert encryption.decrypt(totp.data["secret"]) == SEED
    assert codes.wrap().get_unused_codes() == ["11111111"]


def stored(table: str) -> str:
    """All of a table as a dump shows it."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT coalesce(string_agg(t::text, ' '), '') FROM {table} t")
        return str(cursor.fetchone()[0])
