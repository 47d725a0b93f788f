"""Every entry of an operator's account for the CSV of payouts: its amount, and what of the balance it is a part of.

`amount` by `status` adds up to what the page calls payable, pending, and held. Days are New York's, which payouts go by.
"""

from collections.abc import Iterator
from datetime import datetime

from billing.ledger.models import Entry
from billing.ledger.states import EARNS_NOTHING
from billing.payouts.balances import hold_days
from billing.payouts.entries import statuses_on
from billing.payouts.maturity import books_day, payable_on
from billing.selectors import earnings_of
from core.money import as_decimal
from operators.models import Operator
from portal.statement import what_of

HEADER = ["day", "kind", "amount", "currency", "payable_on", "status", "what", "reference", "transaction"]
_CHUNK = 500


def rows_of(operator: Operator, at: datetime) -> Iterator[list[object]]:
    """A row for each entry, the newest first, as they count at `at`."""
    statuses, days = statuses_on(operator.pk, books_day(at)), hold_days()
    for chunk in _chunks(operator):
        for entry, status in zip(chunk, statuses.of(chunk), strict=True):
            row = entry.transaction
            on = books_day(row.created_at)
            yield [
                on, row.kind, as_decimal(entry.amount_minor), row.currency,
                on if row.kind in EARNS_NOTHING else payable_on(row.created_at, days),
                status.value, what_of(row), row.reference, row.pk,
            ]  # fmt: skip


def _chunks(operator: Operator) -> Iterator[list[Entry]]:
    entries, before = earnings_of(operator.pk).select_related("transaction__reverses"), None
    while True:
        chunk = list((entries.filter(pk__lt=before) if before else entries)[:_CHUNK])
        yield chunk
        if len(chunk) < _CHUNK:
            return
        before = chunk[-1].pk
