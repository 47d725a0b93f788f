"""The list behind the bell: adding a line, and that it was read."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from brands.models import Brand
from core import clock
from core.db import transactional
from core.push import hint_after_commit
from customers.groups import customer_group
from customers.models import Customer, User
from notices.kinds import RULES
from notices.models import Notice, PageNotice
from notices.services.outbox import Texts, cleaned_texts
from notices.states import NoticeKind

_LONGEST = 200


def show_on_page(notice: Notice, person: User, brand: Brand, texts: Texts) -> None:
    """Add what `notice` is about to the person's list, and count it on their open pages."""
    words = _(RULES[NoticeKind(notice.kind)].words).format(**cleaned_texts(texts))
    path = urlsplit(str(texts.get("url", ""))).path
    PageNotice.objects.create(
        person=person, brand=brand, kind=notice.kind, text=words[:_LONGEST], path=path if len(path) <= _LONGEST else ""
    )  # fmt: skip
    _hint(person)


@transactional
def mark_read(person: User, notices: Sequence[PageNotice]) -> int:
    """The person has seen these; how many were new."""
    new = [notice.pk for notice in notices if notice.read_at is None]
    if not new:
        return 0
    PageNotice.objects.filter(person=person, pk__in=new, read_at=None).update(read_at=clock.now())
    _hint(person)
    return len(new)


def _hint(person: User) -> None:
    customer = Customer.objects.filter(user=person).only("pk").first()
    if customer is not None:
        hint_after_commit([customer_group(customer.pk)], f"notices.{customer.pk}")
