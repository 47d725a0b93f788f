"""What operators decide themselves: prices inside the bounds that staff set, hours, sites, channels.

Prices count from the next call on: a running one has its terms frozen in its authorization.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from typing import Any

from django.conf import settings

from core import audit, money
from core.db import transactional
from core.errors import Invalid
from operators.drawn_portraits import DrawnAs
from operators.models import Operator, ScheduleSlot
from operators.pricing import PRICE_COLUMNS, PRICES, PriceUnit
from operators.services.presence import announce_presence
from operators.services.working_time import start_afresh

MAX_WRAP_UP_SECONDS = 600


def price_errors(prices: Mapping[str, int], bounds: Mapping[str, Any]) -> dict[str, str]:
    """Which of `prices` lie outside of the bounds that staff set, or round to nothing: column → words.

    Both are minor units by column; what is missing is not judged. A rate above nothing makes the first block of talk
    cost at least a cent.
    """
    least = money.least_rate_minor(settings.BILLING["FIRST_INCREMENT_SECONDS"])
    errors: dict[str, str] = {}
    for price in PRICES:
        amount_minor = prices.get(price.column)
        if amount_minor is None:
            continue
        is_bounded = price.bounds.are_in(bounds)
        lowest, highest = price.bounds.of(bounds) if is_bounded else (amount_minor, amount_minor)
        name = f"The {price.label[0].lower()}{price.label[1:]}"
        if not lowest <= amount_minor <= highest:
            between = f"{money.format_money(lowest)} and {money.format_money(highest)}"
            errors[price.column] = f"{name} must be between {between}."
        elif price.unit is PriceUnit.MINUTE and 0 < amount_minor < least:
            errors[price.column] = (
                f"{name} must be at least {money.format_money(least)}: anything less rounds to nothing."
            )
    return errors


@transactional
def change_prices(*, operator_id: int, **prices: int) -> None:
    """New prices, from the next call and text on: minor units by their columns, all of them.

    Raises Invalid outside what staff allow.
    """
    if prices.keys() != set(PRICE_COLUMNS):
        raise ValueError(f"every price has its amount: {sorted(PRICE_COLUMNS)}")
    operator = _locked(operator_id)
    if errors := price_errors(prices, vars(operator)):
        raise Invalid(" ".join(errors.values()))
    before = {price.column: amount_minor for price, amount_minor in operator.prices}
    if prices == before:
        return
    for column, amount_minor in prices.items():
        setattr(operator, column, amount_minor)
    operator.save(update_fields=[*prices])
    audit.record(actor=operator.user, action="operator.prices", subject=operator, before=before, after=prices)


@transactional
def change_drawing(*, operator_id: int, drawn_as: str) -> None:
    """Whom the portrait shows that is drawn while there is no photo: one of `DrawnAs`, or empty for either. Raises Invalid."""
    if drawn_as not in ("", *DrawnAs.values):
        raise Invalid("Choose one of the drawings offered.")
    operator = _locked(operator_id)
    operator.drawn_as = drawn_as
    operator.save(update_fields=["drawn_as"])


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
        raise Invalid(f"The pause after a call can be at most {MAX_WRAP_UP_SECONDS // 60} minutes.")
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
        raise Invalid("Start and end times can’t be the same.")
    operator = _locked(operator_id)
    ScheduleSlot.objects.filter(operator=operator).delete()
    ScheduleSlot.objects.bulk_create(
        ScheduleSlot(operator=operator, weekday=slot.weekday, starts=slot.starts, ends=slot.ends)
        for slot in hours
    )
    start_afresh(operator)


def _locked(operator_id: int) -> Operator:
    return Operator.objects.select_for_update(of=("self",)).select_related("user").get(pk=operator_id)
