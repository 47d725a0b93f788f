"""A notice as a mail: HTML and text from one template, in the look of the recipient's brand.

MJML is compiled when a mail is sent (0.3 ms), so that no compiled copy of a template can be older than its source.
The faces are the system's, and no picture or style sheet is fetched: opening the mail tells nobody.
"""

from email.utils import formataddr, parseaddr
from typing import Any

import mrml
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from brands.models import Brand
from brands.themes import theme_of
from customers.erased import is_erased
from notices.kinds import RULES, preview_of
from notices.looks import look_of
from notices.models import Notice
from notices.one_tap import mail_off_url
from notices.pages import DISCRETION, NOTIFICATIONS
from notices.states import NoticeKind
from notices.text_part import text_of
from operators.models import Operator
from operators.selectors import support_address

PORTAL_NAME = "sexacomms"
# Behind the preview: without it, lists of mail and lock screens would show the first sentence of the mail itself.
_FILLER = "\u034f\u200c\u00a0" * 80


def compose(notice: Notice) -> EmailMultiAlternatives:
    """The mail, ready to be sent. Its Message-ID is the same each time."""
    brand = notice.brand
    links = _links(notice)
    answered_at = _answered_at(notice)
    source = render_to_string(f"notices/{notice.kind}.mjml", _context(notice, answered_at) | links)
    headers = {"Message-ID": notice.message_id, "Auto-Submitted": "auto-generated"}
    if off_url := links["mail_off_url"]:  # RFC 8058
        headers |= {"List-Unsubscribe": f"<{off_url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    mail = EmailMultiAlternatives(
        notice.subject,
        text_of(source),
        sender_of(brand),
        addresses_of(notice),
        reply_to=[answered_at] if answered_at else None,
        headers=headers,
    )
    mail.attach_alternative(mrml.to_html(source).content, "text/html")
    return mail


def sender_of(brand: Brand | None) -> str:
    """Whom the mail comes from: of a site, the name of its app, which says nothing, and its address."""
    address = (brand and brand.mail_from) or settings.DEFAULT_FROM_EMAIL
    return formataddr((brand.app_title, parseaddr(address)[1])) if brand else address


def addresses_of(notice: Notice) -> list[str]:
    """Where it goes: the address it names, else the recipient's, else the owner's. Raises LookupError without one."""
    if notice.address:
        return [notice.address]
    if notice.recipient is not None and is_erased(notice.recipient.email):
        raise LookupError("the recipient's data are erased")
    if notice.recipient is not None:
        return [notice.recipient.email]
    if RULES[NoticeKind(notice.kind)].is_for_owner and settings.OWNER_EMAILS:
        return list(settings.OWNER_EMAILS)
    raise LookupError("nobody to send it to")


def _answered_at(notice: Notice) -> str:
    """Where replies go: the brand's support, an operator's that of one of their brands; empty: to whom it comes from."""
    if notice.brand is not None:
        return notice.brand.support_email
    operator = Operator.objects.filter(user=notice.recipient_id).first()
    return support_address(operator) if operator else ""


def _context(notice: Notice, answered_at: str) -> dict[str, Any]:
    kind = NoticeKind(notice.kind)
    theme = theme_of(notice.brand)
    return {
        **notice.payload,
        "subject": notice.subject,
        "preview": preview_of(kind) + _FILLER,
        "name": name_of(notice.brand),
        "support_email": answered_at,
        "colors": theme.colors,
        "dark": theme.dark,
        "schemes": "light dark" if theme.dark else theme.scheme,
        "look": look_of(theme),
    }


def _links(notice: Notice) -> dict[str, str]:
    """What the foot of the mail links to; empty where there is nothing to choose, or no site to serve it."""
    host = notice.brand.hosts.first() if notice.brand else None
    off_url = mail_off_url(notice)
    return {
        "mail_off_url": off_url,
        "settings_url": NOTIFICATIONS.url(host=host.host) if host and off_url else "",
        "discretion_url": DISCRETION.url(host=host.host) if host else "",
    }


def name_of(brand: Brand | None) -> str:
    """Who signs."""
    return brand.name if brand else PORTAL_NAME
