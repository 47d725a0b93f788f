"""How much a customer still wants to be able to spend today, which may be less than they have."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Subquery, Sum

from billing.ledger.models import Transaction
from billing.ledger.states import SALES
from core.errors import LimitReached
from customers.models import Customer

# Ids and times of transactions grow together but for moments; a margin finds the first id of a day by its time.
_ID_MARGIN = timedelta(minutes=5)


def left_today_minor(customer: Customer, at: datetime) -> int | None:
    """What the customer's own daily limit leaves, in their time zone; None without a limit."""
    limit_minor = customer.daily_limit_at(at)
    if limit_minor is None:
        return None
    return max(0, limit_minor - _spent_minor(customer, _midnight_before(customer, at)))


def spent_this_month_minor(customer: Customer, at: datetime) -> int:
    """What the customer spent since the first of the month, in their time zone."""
    midnight = _midnight_before(customer, at).astimezone(ZoneInfo(customer.user.time_zone))
    return _spent_minor(customer, midnight.replace(day=1).astimezone(UTC))


def reached(customer: Customer, at: datetime) -> LimitReached:
    """The error that says until when the daily limit is in the way."""
    wait = _midnight_before(customer, at) + timedelta(days=1) - at
    return LimitReached(
        "Your daily spending limit is reached.", retry_after_seconds=max(1, int(wait.total_seconds()))
    )


def _midnight_before(customer: Customer, at: datetime) -> datetime:
    local = at.astimezone(ZoneInfo(customer.user.time_zone))
    return local.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)


def _spent_minor(customer: Customer, since: datetime) -> int:
    first = (
        Transaction.objects.filter(created_at__gte=since - _ID_MARGIN).order_by("created_at").values("id")[:1]
    )
    spent = Transaction.objects.filter(
        customer=customer, id__gte=Subquery(first), created_at__gte=since, kind__in=SALES
    ).aggregate(total=Sum("amount_minor"))
    return spent["total"] or 0
