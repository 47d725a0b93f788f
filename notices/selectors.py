"""Reads about what people want to be told."""

from datetime import timedelta

from allauth.account.models import EmailAddress
from django.db.models import QuerySet

from brands.models import Brand
from core import clock
from customers.erased import is_erased
from customers.models import Customer, User
from notices import push_client
from notices.kinds import RULES
from notices.models import DeliverySettings, NoticePreference, PageNotice, PushSubscription
from notices.preferences import Choices
from notices.states import Channel, NoticeKind, PreferenceGroup

OPEN_FOR = timedelta(seconds=130)  # pages are looked at once a minute


def choices_of(person: User) -> Choices:
    """What they chose, but for receipts (`mail_wanted`): two statements."""
    settings = DeliverySettings.objects.filter(person=person).first() or DeliverySettings(person=person)
    rows = NoticePreference.objects.filter(person=person)
    chosen = {(PreferenceGroup(row.group), Channel(row.channel)): row.is_on for row in rows}
    return Choices(person.time_zone, settings, chosen)


def mail_wanted(choices: Choices, group: PreferenceGroup) -> bool:
    """Whether this person wants the group by mail. Receipts are kept with the customer, whom every call reads."""
    if group == PreferenceGroup.RECEIPTS:
        return Customer.objects.filter(user=choices.settings.person_id, mails_receipts=True).exists()
    return choices.is_on(group, Channel.MAIL)


def subscriptions_of(person: User, brand: Brand | None = None) -> QuerySet[PushSubscription]:
    """The browsers that show their notifications, on this brand or all; none where this installation sends none."""
    if not push_client.is_available():
        return PushSubscription.objects.none()
    rows = PushSubscription.objects.filter(person=person, ended_at=None).order_by("id")
    return rows if brand is None else rows.filter(brand=brand)


def portal_subscriptions_of(person_id: int) -> QuerySet[PushSubscription]:
    """The browsers that show an operator what the portal tells; none where this installation sends none."""
    if not push_client.is_available():
        return PushSubscription.objects.none()
    return PushSubscription.objects.filter(person=person_id, brand=None, ended_at=None).order_by("id")


def page_notices_of(person: User, brand: Brand) -> QuerySet[PageNotice]:
    """What the list behind the bell shows; for keyset pages."""
    return PageNotice.objects.filter(person=person, brand=brand)


def unread_notices_of(person_id: int, brand: Brand) -> int:
    """How many of those nobody looked at."""
    return PageNotice.objects.filter(person=person_id, brand=brand, read_at=None).count()


def is_page_open(person: User) -> bool:
    """Whether a page of theirs was open just now; it shows by itself what there is."""
    since = clock.now() - OPEN_FOR
    return DeliverySettings.objects.filter(person=person, page_seen_at__gt=since).exists()


def takes_first_texts(person_id: int) -> bool:
    """Whether operators may write to this person first."""
    return not DeliverySettings.objects.filter(person=person_id, takes_first_texts=False).exists()


def channels_that_arrive(person: User, kind: NoticeKind, *, brand: Brand | None = None) -> frozenset[Channel]:
    """By which ways a notice of this kind would reach the person outside of the pages, as they have it now. `brand`: on this site.

    Not by mail to an address that was never confirmed.
    """
    rules = RULES[kind]
    is_pushed = bool(rules.lock_words) and subscriptions_of(person, brand).exists()
    if is_erased(person.email):
        return frozenset()
    if rules.group is None:
        return frozenset({Channel.MAIL, *([Channel.PUSH] if is_pushed else [])})
    choices = choices_of(person)
    is_confirmed = EmailAddress.objects.filter(
        user=person, email__iexact=person.email, verified=True
    ).exists()
    is_mailed = is_confirmed and (rules.is_mail_fixed or choices.is_on(rules.group, Channel.MAIL))
    is_pushed = is_pushed and choices.is_on(rules.group, Channel.PUSH)
    return frozenset(way for way, is_on in ((Channel.MAIL, is_mailed), (Channel.PUSH, is_pushed)) if is_on)
