"""The link in a mail by which its reader turns that kind of mail off, without a login (RFC 8058).

Whoever has the link can do that and nothing else. It works for as long as the account is there.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.signing import BadSignature, Signer
from django.utils.translation import gettext as _

from core.errors import NotFound
from customers.models import User
from notices.kinds import mail_groups
from notices.models import Notice
from notices.pages import MAIL_OFF
from notices.states import NoticeKind, PreferenceGroup

_SALT = "notices.one_tap"


@dataclass(frozen=True, slots=True)
class MailSwitch:
    """Whose mails of which groups a link turns off."""

    person: User
    groups: tuple[PreferenceGroup, ...]


def token_of(person_id: int, groups: Sequence[PreferenceGroup]) -> str:
    """What stands in the link."""
    return Signer(salt=_SALT).sign(f"{person_id}.{'.'.join(groups)}")


def switch_of(token: str) -> MailSwitch:
    """Whom a link is for. Raises NotFound if it is none of ours, or the account is gone."""
    try:
        person_id, *groups = Signer(salt=_SALT).unsign(token).split(".")
    except BadSignature:
        raise NotFound(_("This link doesn’t work.")) from None
    person = User.objects.filter(pk=int(person_id)).first()
    if person is None:
        raise NotFound(_("This link doesn’t work."))
    return MailSwitch(person, tuple(PreferenceGroup(group) for group in groups))


def mail_off_url(notice: Notice) -> str:
    """The address that turns mails like this one off; empty where they can't be, or no site would serve it."""
    groups = mail_groups(NoticeKind(notice.kind))
    host = notice.brand.hosts.first() if notice.brand else None
    if not groups or notice.recipient_id is None or host is None:
        return ""
    return MAIL_OFF.url(token_of(notice.recipient_id, groups), host=host.host)
