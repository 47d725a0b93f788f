"""What customers and staff read of a limit. Pages, warnings, messages, and errors use these names."""

from datetime import datetime

from billing.states import GrantBound
from core.money import format_money
from customers.models import SpendingLimit
from customers.states import LimitMeasure, LimitPeriod

_ADJECTIVES = {LimitPeriod.DAY: "daily", LimitPeriod.WEEK: "weekly", LimitPeriod.MONTH: "monthly"}
_THIS = {LimitPeriod.DAY: "today", LimitPeriod.WEEK: "this week", LimitPeriod.MONTH: "this month"}
_BOUNDS = {
    (LimitPeriod.DAY, LimitMeasure.MONEY): GrantBound.DAILY_LIMIT,
    (LimitPeriod.WEEK, LimitMeasure.MONEY): GrantBound.WEEKLY_LIMIT,
    (LimitPeriod.MONTH, LimitMeasure.MONEY): GrantBound.MONTHLY_LIMIT,
    (LimitPeriod.DAY, LimitMeasure.MINUTES): GrantBound.DAILY_MINUTES,
    (LimitPeriod.WEEK, LimitMeasure.MINUTES): GrantBound.WEEKLY_MINUTES,
    (LimitPeriod.MONTH, LimitMeasure.MINUTES): GrantBound.MONTHLY_MINUTES,
}


def bound_of(period: LimitPeriod, measure: LimitMeasure) -> GrantBound:
    """What a call is bounded by where this limit bounds it."""
    return _BOUNDS[period, measure]


def short_name(period: LimitPeriod, measure: LimitMeasure) -> str:
    """After "your": "daily limit", "weekly limit on minutes"."""
    return f"{_ADJECTIVES[period]} limit" + (" on minutes" if measure == LimitMeasure.MINUTES else "")


def full_name(period: LimitPeriod, measure: LimitMeasure) -> str:
    """After "your": "daily spending limit", "weekly limit on call minutes"."""
    what = "limit on call minutes" if measure == LimitMeasure.MINUTES else "spending limit"
    return f"{_ADJECTIVES[period]} {what}"


def this(period: LimitPeriod) -> str:
    """The span as of now: "today", "this week", "this month"."""
    return _THIS[period]


def amount_words(measure: LimitMeasure, amount: int) -> str:
    """An amount of a limit, minor units or minutes: "$20.00", "90 minutes"."""
    if measure == LimitMeasure.MONEY:
        return format_money(amount)
    return f"{amount} minute" + ("" if amount == 1 else "s")


# Full and short names by what bounds a call.
BOUND_NAMES: dict[str, str] = {bound: full_name(*limit) for limit, bound in _BOUNDS.items()}
SHORT_BOUND_NAMES: dict[str, str] = {bound: short_name(*limit) for limit, bound in _BOUNDS.items()}


def limit_words(customer_id: int, at: datetime) -> list[str]:
    """The limits that hold at this time, in words: "$20.00 a day", "90 minutes a week"."""
    rows = SpendingLimit.objects.filter(customer=customer_id).order_by("id")
    return [
        f"{amount_words(LimitMeasure(row.measure), amount)} a {row.period}"
        for row in rows
        if (amount := row.amount_at(at)) is not None
    ]
