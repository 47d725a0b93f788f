"""What operators decide themselves: prices inside the bounds of the house, phone, hours, sites, channels.

Prices count from the next call on: a running one has its terms frozen in its authorization.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from django.conf import settings

from core import audit, money
from core.db import transactional
from core.errors import Invalid
from operators.models import Operator, ScheduleSlot
from operators.services.presence import announce_presence
from phones.models import PhoneNumber

MAX_WRAP_UP_SECONDS = 600

# Column of a price, how it is called, and the columns of its bounds; None: from nothing.
BOUNDS = (
    ("rate_per_minute_minor", "The rate per minute", "min_rate_minor", "max_rate_minor"),
    ("connect_fee_minor", "The connect fee", None, "max_connect_fee_minor"),
    ("rate_per_message_minor", "The price of a text", None, "max_message_minor"),
)


def outside_bounds(prices: Mapping[str, int], bounds: Mapping[str, Any]) -> dict[str, str]:
    """Which of `prices` lie outside of the bounds that staff set: column → words. Both are minor units by column."""
    found: dict[str, str] = {}
    for column, name, low_column, high_column in BOUNDS:
        low, high = bounds[low_column] if low_column else 0, bounds[high_column]
        if not low <= prices[column] <= high:
            found[column] = f"{name} lies between {money.format_money(low)} and {money.format_money(high)}."
    return found


@transactional
def change_prices(
    *, operator_id: int, rate_per_minute_minor: int, connect_fee_minor: int, rate_per_message_minor: int
) -> None:
    """New prices, from the next call and text on. Raises Invalid outside what staff allow."""
    operator = _locked(operator_id)
    prices = {
        "rate_per_minute_minor": rate_per_minute_minor,
        "connect_fee_minor": connect_fee_minor,
        "rate_per_message_minor": rate_per_message_minor,
    }
    if errors := outside_bounds(prices, vars(operator)):
        raise Invalid(" ".join(errors.values()))
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


def take_verified_phone(*, operator: Operator, number: PhoneNumber, at: datetime) -> None:
    """The phone that rings from the next call on: a spoken code proved it. Inside a transaction; on record without the
    number.
    """
    operator = _locked(operator.pk)
    operator.phone_number, operator.phone_verified_at, operator.phone_blocked_at = number, at, None
    operator.save(update_fields=["phone_number", "phone_verified_at", "phone_blocked_at"])
    audit.record(actor=operator.user, action="operator.phone", subject=operator)
    announce_presence(operator)


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
