"""Which notice stands for each mail of allauth (`aeims.allauth_adapter`)."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from customers.models import User
from notices.letters import time_of
from notices.states import NoticeKind

_CODES = {
    "account/email/login_code": NoticeKind.LOGIN_CODE,
    "account/email/email_confirmation": NoticeKind.ADDRESS_CODE,
    "account/email/email_confirmation_signup": NoticeKind.ADDRESS_CODE,
}
_LINKS = {
    "account/email/password_reset_key": (NoticeKind.PASSWORD_RESET, "password_reset_url"),
    "account/email/account_already_exists": (NoticeKind.ACCOUNT_EXISTS, "password_reset_url"),
    "account/email/unknown_account": (NoticeKind.NO_ACCOUNT, "signup_url"),
}
_CHANGES = {
    "account/email/email_changed": gettext_noop("The email address of your account was changed."),
    "account/email/email_deleted": gettext_noop("An email address was removed from your account."),
    "account/email/password_changed": gettext_noop("The password of your account was changed."),
    "account/email/password_reset": gettext_noop("The password of your account was reset."),
    "account/email/password_set": gettext_noop("A password was set for your account."),
    "mfa/email/recovery_codes_generated": gettext_noop("New recovery codes were created for your account."),
    "mfa/email/totp_activated": gettext_noop("Two-step verification was turned on for your account."),
    "mfa/email/totp_deactivated": gettext_noop("Two-step verification was turned off for your account."),
    "mfa/email/webauthn_added": gettext_noop("A security key was added to your account."),
    "mfa/email/webauthn_removed": gettext_noop("A security key was removed from your account."),
}
# Ours: what staff did (`customers.login_help`).
_BY_STAFF = {
    "staff/sessions_ended": gettext_noop("Our staff logged you out on all devices."),
    "staff/factor_removed": gettext_noop(
        "Our staff turned off two-step verification for your account and logged you out on all devices."
    ),
}
PREFIXES = {*_CODES, *_LINKS, *_CHANGES}


def notice_for(
    template_prefix: str, context: dict[str, Any], user: User | None
) -> tuple[NoticeKind, dict[str, Any]]:
    """The kind of notice and its texts. Raises KeyError for a mail that is not known here (a test knows them all)."""
    if template_prefix in _CODES:
        return _CODES[template_prefix], {"code": context["code"]}
    if template_prefix in _LINKS:
        kind, url = _LINKS[template_prefix]
        return kind, {"url": context[url]}
    at = time_of(context["timestamp"], user or User())
    return NoticeKind.SECURITY_CHANGE, {"change": _((_CHANGES | _BY_STAFF)[template_prefix]), "at": at}
