"""Tokens of programs that use the API for a customer: they end, and the database holds their keyed hash alone.

`manage.py issue_api_token` makes one. There is none for an account that needs more than a password: staff, and people
with a second factor. Turning one on, or a new password, ends a token.
"""

import secrets
from functools import lru_cache
from typing import Any

from allauth.account import signals as account
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.utils.translation import gettext as _
from rest_framework.authtoken.models import Token
from rest_framework.exceptions import AuthenticationFailed

from core import audit, clock
from core.authentication import TokenAuthentication
from core.composed_query import ComposedQuery
from core.db import transactional
from core.encryption import hashes
from core.errors import NotAllowed
from customers.models import User

_PURPOSE = "API token"
_KEY_LENGTH = 40  # of the column, in hexadecimal digits: 160 bits


class ApiTokenAuthentication(TokenAuthentication):
    """`Authorization: Token …`, as Django REST framework has it; who came by one is noted."""

    def authenticate_credentials(self, key: str) -> Any:
        """The person and their token. Raises AuthenticationFailed for one that is unknown or has ended."""
        stored = _stored(key)
        token = _tokens(len(stored)).first(**dict(zip(_NAMES, stored, strict=False)))
        if (
            token is None
            or _age_seconds(token) >= settings.API_TOKEN_SECONDS
            or not _may_have_one(token.user)
        ):
            raise AuthenticationFailed(_("This token is unknown or has expired."))
        return token.user, token


@transactional
def issue_token(user: User) -> str:
    """A new token, on record; the one before ends. Raises NotAllowed for staff, who has a second factor, and closed logins."""
    if not _may_have_one(user) or Authenticator.objects.filter(user=user).exists():
        raise NotAllowed(_("Staff, and people with two-step verification, can’t get a token."))
    secret = secrets.token_urlsafe(32)
    end_tokens(user)
    Token.objects.create(user=user, key=_stored(secret)[0])
    audit.record(actor=None, action="token.issue", subject=user)
    return secret


def end_tokens(user: User) -> None:
    """Programs of this person have to be given another token."""
    Token.objects.filter(user=user).delete()


_NAMES = [f"key_{n}" for n in range(100)]


@lru_cache
def _tokens(keys: int) -> ComposedQuery[Token]:
    """A token by one of so many hashes of it: there is one for each key that is still in use."""
    names = _NAMES[:keys]
    return ComposedQuery(
        lambda **hashed: Token.objects.select_related("user").filter(key__in=list(hashed.values())),
        **dict(zip(names, names, strict=True)),
    )


def _stored(secret: str) -> list[str]:
    return [digest.hex()[:_KEY_LENGTH] for digest in hashes(secret, _PURPOSE)]


def _age_seconds(token: Token) -> float:
    return (clock.now() - token.created).total_seconds()


def _may_have_one(user: User) -> bool:
    return user.is_active and not (user.is_staff or user.is_superuser)


@receiver(post_save, sender=Authenticator)
def _factor_added(instance: Authenticator, created: bool, **_: Any) -> None:
    if created:
        Token.objects.filter(user_id=instance.user_id).delete()


@receiver([account.password_set, account.password_changed, account.password_reset])
def _password_changed(user: User, **_: Any) -> None:
    end_tokens(user)
