"""The audit: every balance, hold, package and bill derived again from what it is made of.

`run` runs all checks; `manage.py audit` and the tests call it.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from billing.auditing import (
    calls,
    closes,
    collusion,
    days,
    held,
    ledger,
    offers,
    packages,
    payments,
    payouts,
    postings,
    referrals,
    refunds,
    seals,
    statements,
)
from billing.auditing.findings import Check, Scope, Violation
from billing.ledger.models import Transaction

CHECKS: tuple[Check, ...] = (
    *ledger.CHECKS,
    *packages.CHECKS,
    *calls.CHECKS,
    *days.CHECKS,
    *postings.CHECKS,
    *refunds.CHECKS,
    *held.CHECKS,
    *payments.CHECKS,
    *payouts.CHECKS,
    *offers.CHECKS,
    *referrals.CHECKS,
    *statements.CHECKS,
    *collusion.CHECKS,
    *seals.CHECKS,
    *closes.CHECKS,
)

# Transactions get their ids in the order of their times, but for moments.
_MARGIN = timedelta(minutes=5)


def scope_since(since: datetime | None) -> Scope:
    """Everything, or what changed since a time: its transactions, the accounts and packages they touched."""
    if since is None:
        return Scope(since=None, first_transaction_id=0)
    recent = Transaction.objects.filter(created_at__gte=since - _MARGIN).order_by("created_at")
    first = recent.values_list("id", flat=True).first()
    return Scope(since=since, first_transaction_id=2**62 if first is None else first)


def run(scope: Scope) -> Iterator[Violation]:
    """All that is wrong within the scope, one at a time."""
    for check in CHECKS:
        yield from check(scope)
