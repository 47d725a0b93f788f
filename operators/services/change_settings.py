"""What operators decide themselves: prices inside the bounds of the house, words, phone, hours, sites, channels.

Prices count from the next call on: a running one has its terms frozen in its authorization.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time, timedelta

from django.conf import settings

from core import audit, clock, money
from core.db import transactional
from core.dialing import may_dial
from core.errors import Invalid, LimitReached
from core.models import AuditRecord
from core.phones import to_e164
from operators.models import Operator, ScheduleSlot
from operators.services.presence import announce_presence, phone_blocked

MAX_WRAP_UP_SECONDS = 600
MAX_PHONE_CHANGES_DAILY = 3
_MAX_WORDS = 10


@transactional
def change_prices(
    *, operator_id: int, rate_per_minute_minor: int, connect_fee_minor: int, rate_per_message_minor: int
) -> None:
    """New prices, from the next call and text on. Raises Invalid outside what staff allow."""
    operator = _locked(operator_id)
    for name, asked, low, high in (
        ("The rate per minute", rate_per_minute_minor, operator.min_rate_minor, operator.max_rate_minor),
        ("The connect fee", connect_fee_minor, 0, operator.max_connect_fee_minor),
        ("The price of a text", rate_per_message_minor, 0, operator.max_message_minor),
    ):
        if not low <= asked <= high:
            raise Invalid(f"{name} lies between {money.format_money(low)} and {money.format_money(high)}.")
    check_rate(rate_per_minute_minor)
    before = (operator.rate_per_minute_minor, operator.connect_fee_minor, operator.rate_per_message_minor)
    operator.rate_per_minute_minor = rate_per_minute_minor
    operator.connect_fee_minor = connect_fee_minor
    operator.rate_per_message_minor = rate_per_message_minor
    operator.save(update_fields=["rate_per_minute_minor", "connect_fee_minor", "rate_per_message_minor"])
    after = (rate_per_minute_minor, connect_fee_minor, rate_per_message_minor)
    if after != before:
        audit.record(
            actor=operator.user, action="operator.prices", subject=operator, before=before, after=after
        )


def check_rate(rate_per_minute_minor: int) -> None:
    """Raises Invalid if the first block of talk would cost nothing once it is rounded, though there is a rate."""
    least = money.least_rate_minor(settings.BILLING["FIRST_INCREMENT_SECONDS"])
    if 0 < rate_per_minute_minor < least:
        raise Invalid(f"The rate per minute is at least {money.format_money(least)}: less rounds to nothing.")


@transactional
def change_profile(
    *, operator_id: int, headline: str, bio: str, languages: Sequence[str], specialties: Sequence[str]
) -> None:
    """What customers read. Raises Invalid."""
    if len(headline) > 120 or len(bio) > 2000:
        raise Invalid("The headline has at most 120 characters, the text 2000.")
    if max(len(languages), len(specialties)) > _MAX_WORDS or any(
        len(word) > 40 for word in (*languages, *specialties)
    ):
        raise Invalid(f"At most {_MAX_WORDS} languages and specialties, each at most 40 characters.")
    operator = _locked(operator_id)
    operator.headline, operator.bio = headline.strip(), bio.strip()
    operator.languages, operator.specialties = list(languages), list(specialties)
    operator.save(update_fields=["headline", "bio", "languages", "specialties"])


@transactional
def change_phone(*, operator_id: int, typed: str) -> None:
    """The phone that rings, from the next call on. On record without the number.

    Raises Invalid, NotAllowed `phone_blocked` for a number that asked not to be called, and LimitReached: with one number
    after the other an operator could find out which of them is a customer's.
    """
    number = operators_phone(typed)
    operator = _locked(operator_id)
    if operator.phone_blocked_at is not None and number == operator.phone:
        raise phone_blocked()
    day_ago = clock.now() - timedelta(days=1)
    changes = AuditRecord.objects.filter(
        subject=f"{operator._meta.label_lower}:{operator.pk}", action="operator.phone", created_at__gt=day_ago
    )
    if changes.count() >= MAX_PHONE_CHANGES_DAILY:
        raise LimitReached("You've changed your phone several times today. Please try again tomorrow.")
    operator.phone, operator.phone_blocked_at = number, None
    operator.save(update_fields=["phone", "phone_blocked_at"])
    audit.record(actor=operator.user, action="operator.phone", subject=operator)


def operators_phone(typed: str) -> str:
    """A typed number in E.164, if calls may be sent to it. Raises Invalid, for staff and operators in the same words."""
    number = to_e164(typed, lab_prefixes=settings.TELEPHONY_LAB_PREFIXES)
    if not may_dial(number, settings.TELEPHONY_ALLOWED_PREFIXES, settings.TELEPHONY_LAB_PREFIXES):
        raise Invalid("We can only call regular US and Canadian numbers.")
    return number


@transactional
def change_channels(
    *,
    operator_id: int,
    takes_calls: bool,
    takes_messages: bool,
    wrap_up_seconds: int,
    shown_on: Sequence[int],
) -> None:
    """Voice and text on or off, the pause after a call, and on which of the sites staff opened one is shown."""
    if not 0 <= wrap_up_seconds <= MAX_WRAP_UP_SECONDS:
        raise Invalid(f"The pause after a call is at most {MAX_WRAP_UP_SECONDS // 60} minutes.")
    operator = _locked(operator_id)
    operator.takes_calls, operator.takes_messages = takes_calls, takes_messages
    operator.wrap_up_seconds = wrap_up_seconds
    operator.save(update_fields=["takes_calls", "takes_messages", "wrap_up_seconds"])
    for listing in operator.listings.all():
        if listing.is_active != (listing.brand_id in shown_on):
            listing.is_active = not listing.is_active
            listing.save(update_fields=["is_active"])
    announce_presence(operator)


@dataclass(frozen=True, slots=True)
class Hours:
    """Usual hours on a day of the week (0 is Monday)."""

    weekday: int
    starts: time
    ends: time


@transactional
def change_schedule(*, operator_id: int, hours: Sequence[Hours]) -> None:
    """The usual hours, all of them. Raises Invalid."""
    if any(slot.starts == slot.ends for slot in hours):
        raise Invalid("Hours that begin and end at the same time are none.")
    operator = _locked(operator_id)
    ScheduleSlot.objects.filter(operator=operator).delete()
    ScheduleSlot.objects.bulk_create(
        ScheduleSlot(operator=operator, weekday=slot.weekday, starts=slot.starts, ends=slot.ends)
        for slot in hours
    )


def _locked(operator_id: int) -> Operator:
    return Operator.objects.select_for_update(of=("self",)).select_related("user").get(pk=operator_id)
