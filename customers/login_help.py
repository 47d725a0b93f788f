"""What staff do for somebody who lost their phone or fears for their account: never by typing or seeing a secret.

How staff make sure who it is: docs/authentication.md.
"""

from allauth.account.adapter import get_adapter
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings

from core import audit, clock
from core.db import transactional
from core.errors import Conflict, NotAllowed, NotFound
from core.parse import checked_reason
from customers.api_tokens import end_tokens
from customers.models import User
from customers.pages import PASSWORD_LINK
from customers.rights import may_change_account


@transactional
def end_sessions(*, user_id: int, actor: User, reason: str) -> int:
    """Log somebody out everywhere, programs included; from how many devices. They may log in again.

    Raises Invalid (no reason), NotFound, NotAllowed (staff, unless a superuser asks).
    """
    reason = checked_reason(reason)
    user = _locked(user_id, actor)
    count = _end_all(user)
    audit.record(actor=actor, action="login.sessions_ended", subject=user, reason=reason, sessions=count)
    _tell(user, "staff/sessions_ended")
    return count


@transactional
def remove_factor(*, user_id: int, actor: User, reason: str) -> None:
    """Somebody lost their app and their recovery codes: both are removed, they are logged out everywhere and told.

    `reason` says how staff made sure who it is. Raises Invalid, NotFound, NotAllowed (staff, unless a superuser asks; one's
    own, always), Conflict `no_factor`.
    """
    reason = checked_reason(reason)
    user = _locked(user_id, actor)
    if user.pk == actor.pk:
        raise NotAllowed("This is your own account. Ask a colleague.")
    factors = Authenticator.objects.filter(user=user)
    if not factors.exists():
        raise Conflict("They don't have two-step verification.", code="no_factor")
    kinds = sorted(factors.values_list("type", flat=True))
    factors.delete()
    _end_all(user)
    audit.record(actor=actor, action="factor.removed_by_staff", subject=user, reason=reason, kinds=kinds)
    _tell(user, "staff/factor_removed")


@transactional
def send_password_link(*, user_id: int, actor: User) -> None:
    """Mail somebody a link by which they choose their password themselves, once, within PASSWORD_RESET_TIMEOUT.

    Raises NotFound, NotAllowed (staff, unless a superuser asks).
    """
    user = _locked(user_id, actor)
    key = default_token_generator.make_token(user)
    host = (settings.ADMIN_HOSTS if user.is_staff else settings.PORTAL_HOSTS)[0]
    url = PASSWORD_LINK.url(user_pk_to_url_str(user), key, host=host)
    audit.record(actor=actor, action="login.password_link", subject=user)
    context = {"user": user, "password_reset_url": url}
    get_adapter().send_mail("account/email/password_reset_key", user.email, context)


def _locked(user_id: int, actor: User) -> User:
    user = User.objects.select_for_update().filter(pk=user_id).first()
    if user is None:
        raise NotFound("Person not found.")
    if not may_change_account(actor, user):
        raise NotAllowed("Only a superuser may do this for staff.")
    return user


def _end_all(user: User) -> int:
    sessions = list(UserSession.objects.filter(user=user))
    for session in sessions:
        session.end()
    end_tokens(user)
    return len(sessions)


def _tell(user: User, what: str) -> None:
    get_adapter().send_mail(what, user.email, {"user": user, "timestamp": clock.now()})
