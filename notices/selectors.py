"""Reads about what people want to be told."""

from datetime import timedelta

from allauth.account.models import EmailAddress

from core import clock
from customers.erased import is_erased
from customers.models import Customer, User
from notices.kinds import RULES
from notices.models import DeliverySettings, NoticePreference
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


def is_page_open(person: User) -> bool:
    """Whether a page of theirs was open just now; it shows by itself what there is."""
    since = clock.now() - OPEN_FOR
    return DeliverySettings.objects.filter(person=person, page_seen_at__gt=since).exists()


def channels_that_arrive(person: User, kind: NoticeKind) -> frozenset[Channel]:
    """By which ways a notice of this kind would reach the person outside of the pages, as they have it now. Not by mail to an address that was
    never confirmed.
    """
    rules = RULES[kind]
    if is_erased(person.email):
        return frozenset()
    if rules.group is None or rules.is_mail_fixed:
        return frozenset({Channel.MAIL})
    choices = choices_of(person)
    is_confirmed = EmailAddress.objects.filter(
        user=person, email__iexact=person.email, verified=True
    ).exists()
    ways = frozenset(Channel) if is_confirmed else frozenset(Channel) - {Channel.MAIL}
    return frozenset(way for way in ways if choices.is_on(rules.group, way))
