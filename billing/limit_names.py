"""What customers and staff read of a limit. Pages, warnings, messages, and errors use these names."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from billing.states import GrantBound
from core.money import format_money
from customers.models import SpendingLimit
from customers.states import LimitMeasure, LimitPeriod

_SHORT = {
    (LimitPeriod.DAY, LimitMeasure.MONEY): gettext_noop("daily limit"),
    (LimitPeriod.WEEK, LimitMeasure.MONEY): gettext_noop("weekly limit"),
    (LimitPeriod.MONTH, LimitMeasure.MONEY): gettext_noop("monthly limit"),
    (LimitPeriod.DAY, LimitMeasure.MINUTES): gettext_noop("daily limit on minutes"),
    (LimitPeriod.WEEK, LimitMeasure.MINUTES): gettext_noop("weekly limit on minutes"),
    (LimitPeriod.MONTH, LimitMeasure.MINUTES): gettext_noop("monthly limit on minutes"),
}
_FULL = {
    (LimitPeriod.DAY, LimitMeasure.MONEY): gettext_noop("daily spending limit"),
    (LimitPeriod.WEEK, LimitMeasure.MONEY): gettext_noop("weekly spending limit"),
    (LimitPeriod.MONTH, LimitMeasure.MONEY): gettext_noop("monthly spending limit"),
    (LimitPeriod.DAY, LimitMeasure.MINUTES): gettext_noop("daily limit on call minutes"),
    (LimitPeriod.WEEK, LimitMeasure.MINUTES): gettext_noop("weekly limit on call minutes"),
    (LimitPeriod.MONTH, LimitMeasure.MINUTES): gettext_noop("monthly limit on call minutes"),
}
_THIS = {
    LimitPeriod.DAY: gettext_noop("today"),
    LimitPeriod.WEEK: gettext_noop("this week"),
    LimitPeriod.MONTH: gettext_noop("this month"),
}
_BOUNDS = {
    (LimitPeriod.DAY, LimitMeasure.MONEY): GrantBound.DAILY_LIMIT,
    (LimitPeriod.WEEK, LimitMeasure.MONEY): GrantBound.WEEKLY_LIMIT,
    (LimitPeriod.MONTH, LimitMeasure.MONEY): GrantBound.MONTHLY_LIMIT,
    (LimitPeriod.DAY, LimitMeasure.MINUTES): GrantBound.DAILY_MINUTES,
    (LimitPeriod.WEEK, LimitMeasure.MINUTES): GrantBound.WEEKLY_MINUTES,
    (LimitPeriod.MONTH, LimitMeasure.MINUTES): GrantBound.MONTHLY_MINUTES,
}
_LIMITS: dict[str, tuple[LimitPeriod, LimitMeasure]] = {bound: limit for limit, bound in _BOUNDS.items()}


def bound_of(period: LimitPeriod, measure: LimitMeasure) -> GrantBound:
    """What a call is bounded by where this limit bounds it."""
    return _BOUNDS[period, measure]


def short_name(period: LimitPeriod, measure: LimitMeasure) -> str:
    """After "your": "daily limit", "weekly limit on minutes"."""
    return _(_SHORT[period, measure])


def full_name(period: LimitPeriod, measure: LimitMeasure) -> str:
    """After "your": "daily spending limit", "weekly limit on call minutes"."""
    return _(_FULL[period, measure])


def this(period: LimitPeriod) -> str:
    """The span as of now: "today", "this week", "this month"."""
    return _(_THIS[period])


def amount_words(measure: LimitMeasure, amount: int) -> str:
    """An amount of a limit, minor units or minutes: "$20.00", "90 minutes"."""
    if measure == LimitMeasure.MONEY:
        return format_money(amount)
    return ngettext("%(count)s minute", "%(count)s minutes", amount) % {"count": amount}


def bound_name(bound: str) -> str:
    """The full name of the limit that bounds a call (`billing.states.GrantBound`); empty where something else does."""
    return full_name(*_LIMITS[bound]) if bound in _LIMITS else ""


def short_bound_name(bound: str) -> str:
    """The short name, likewise."""
    return short_name(*_LIMITS[bound]) if bound in _LIMITS else ""


def limit_words(customer_id: int, at: datetime) -> list[str]:
    """The limits that hold at this time, in words: "$20.00 a day", "90 minutes a week"."""
    rows = SpendingLimit.objects.filter(customer=customer_id).order_by("id")
    return [
        f"{amount_words(LimitMeasure(row.measure), amount)} a {row.period}"
        for row in rows
        if (amount := row.amount_at(at)) is not None
    ]
