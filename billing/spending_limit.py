"""How much a customer still wants to be able to spend today, which may be less than they have."""

from datetime import datetime, timedelta
from math import ceil

from django.db.models import Min, OuterRef, Q, Subquery, Sum

from billing.ledger.models import Transaction
from billing.ledger.states import SALES, AccountKind, TransactionKind
from core import days
from core.errors import LimitReached
from customers.models import Customer

# Ids and times of transactions grow together but for moments; a margin finds the first id of a day by its time.
_ID_MARGIN = timedelta(minutes=5)


def left_today_minor(customer: Customer, at: datetime) -> int | None:
    """What the customer's own daily limit leaves, on their day; None without a limit."""
    limit_minor = customer.daily_limit_at(at)
    if limit_minor is None:
        return None
    return max(0, limit_minor - _spent_minor(customer, customer.limit_day_at(at).begins_at))


def spent_this_month_minor(customer: Customer, at: datetime) -> int:
    """What the customer spent since the first of the month, in their time zone."""
    return _spent_minor(customer, days.start_of_month(at, customer.user.time_zone))


def reached(customer: Customer, at: datetime) -> LimitReached:
    """The error that says until when the daily limit is in the way."""
    ends_at = customer.limit_day_at(at).ends_at
    until = days.describe_time(ends_at, at, customer.user.time_zone)
    return LimitReached(
        f"You've reached your daily spending limit. It starts over {until}.",
        retry_after_seconds=max(1, ceil((ends_at - at).total_seconds())),
        retry_at=ends_at.isoformat(),
    )


def _spent_minor(customer: Customer, since: datetime) -> int:
    """What was sold to the customer since then came to: corrected, and without what was given back of it.

    A refund or correction of something sold before belongs to the day of the sale, and frees nothing of this one.
    """
    first = (
        Transaction.objects.filter(created_at__gte=since - _ID_MARGIN).order_by("created_at").values("id")[:1]
    )
    # As scalars: each is looked up by a key, for the few rows that ask. Joins would read all of the ledger.
    reversed_row = Transaction.objects.filter(pk=OuterRef("reverses"))
    bill = Transaction.objects.filter(reference=OuterRef("reference"), kind__in=SALES).exclude(reference="")
    sale_of_correction = bill.order_by().values("reference").annotate(at=Min("created_at")).values("at")
    is_correction = Q(kind=TransactionKind.ADJUSTMENT, reverses=None) & ~Q(reference="")
    counts = (
        Q(kind__in=SALES)
        | Q(kind=TransactionKind.REFUND, reversed_at__gte=since)
        | Q(kind=TransactionKind.ADJUSTMENT, refunded_at__gte=since)  # a refund taken back
        | is_correction & (Q(sold_at=None) | Q(sold_at__gte=since))
    )
    times = {
        "reversed_at": Subquery(reversed_row.values("created_at")),
        "refunded_at": Subquery(reversed_row.values("reverses__created_at")),
        "sold_at": Subquery(sale_of_correction),
    }
    own = Transaction.objects.filter(customer=customer, id__gte=Subquery(first), created_at__gte=since)
    spent = own.alias(**times).filter(
        counts, entries__account__kind=AccountKind.WALLET, entries__account__customer=customer
    )
    return spent.aggregate(total=-Sum("entries__amount_minor"))["total"] or 0
