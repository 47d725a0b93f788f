"""How second factors are kept: seeds encrypted, recovery codes hashed once they were shown, each code accepted once."""

import re
import time
from datetime import UTC, datetime
from typing import Any

from allauth.mfa import app_settings
from allauth.mfa import signals as mfa
from allauth.mfa.adapter import DefaultMFAAdapter, get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.forms import ActivateTOTPForm
from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.db.models import Q
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.forms import Form
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import encryption

_LEFT_TO_SHOW_SECONDS = (
    86_400  # recovery codes that nobody looked at by then are hashed when the factor is used
)


class HashedCode(str):
    """A recovery code as it is stored: equal to the code whose hash it is, however that is typed."""

    __hash__ = str.__hash__

    def __eq__(self, typed: object) -> bool:
        digits = re.sub(r"[\s-]", "", str(typed))
        is_code = len(digits) == app_settings.RECOVERY_CODE_DIGITS
        return is_code and check_password(digits, str(self))


class FactorAdapter(DefaultMFAAdapter):
    """Seeds at rest are tokens of `core.encryption`; one under a lost key raises InvalidToken."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": gettext_lazy("That code isn’t right. Wait for the next one and try again."),
        "unverified_email": gettext_lazy("Confirm your email address first."),
    }

    def encrypt(self, text: str) -> str:
        return encryption.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        text = encryption.decrypt(encrypted_text)
        return HashedCode(text) if "$" in text else text


class _CodeOnce:
    """A code of the app works once, by the factor's own row: also in two processes while Redis is away."""

    authenticator: Authenticator

    def clean_code(self) -> str:
        code: str = super().clean_code()  # type: ignore[misc]
        if self.authenticator.type == Authenticator.Type.TOTP and not _use_now(self.authenticator):
            raise get_adapter().validation_error("incorrect_code")
        return code


class CodeForm(_CodeOnce, AuthenticateForm):
    """Logs in."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ask_for_code(self)


class CodeAgainForm(_CodeOnce, ReauthenticateForm):
    """Proves a login again."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ask_for_code(self)


class ActivateForm(ActivateTOTPForm):
    """Sets the app up."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ask_for_code(self)


def ask_for_code(form: Form) -> None:
    """The field of a code: a label instead of a placeholder, the digits' keyboard, the phone's own suggestion of codes."""
    field = form.fields["code"]
    field.label = _("Code")
    field.widget.attrs = {"autocomplete": "one-time-code", "inputmode": "numeric"}


def _use_now(factor: Authenticator) -> bool:
    """Whether no code of this period was used before; one is now."""
    now = time.time()
    begins_at = datetime.fromtimestamp(now - now % app_settings.TOTP_PERIOD, UTC)
    unused = Authenticator.objects.filter(Q(last_used_at=None) | Q(last_used_at__lt=begins_at), pk=factor.pk)
    return unused.update(last_used_at=datetime.fromtimestamp(now, UTC)) == 1


@receiver(post_save, sender=Authenticator)
def _hash_what_was_shown(instance: Authenticator, **_: Any) -> None:
    """The page that shows the codes marks them as viewed, and shows those of the row in memory, once."""
    if instance.type == Authenticator.Type.RECOVERY_CODES and instance.data.get("viewed_at"):
        hash_codes(instance.pk)


@receiver(mfa.authenticator_used)
def _hash_what_is_old(user: Any, **_: Any) -> None:
    """Codes from before they were hashed, or that their owner did not look at."""
    for factor in Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES):
        if time.time() - factor.created_at.timestamp() > _LEFT_TO_SHOW_SECONDS:
            hash_codes(factor.pk)


@transaction.atomic
def hash_codes(factor_id: int) -> None:
    """Keep the unused codes as hashes and forget the seed; a repeat does nothing."""
    factor = Authenticator.objects.select_for_update().filter(pk=factor_id).first()
    if factor is None or "seed" not in factor.data:
        return
    codes = RecoveryCodes(factor).get_unused_codes()
    hashed = [encryption.encrypt(make_password(code)) for code in codes]
    viewed_at = factor.data.get("viewed_at") or time.time()
    data = {"migrated_codes": hashed, "viewed_at": viewed_at}
    Authenticator.objects.filter(pk=factor_id).update(data=data)
