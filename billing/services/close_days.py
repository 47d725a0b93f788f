"""Close the books of each day: freeze its trial balance and chain it to the close before and to the ledger's seals."""

import hashlib
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db import connection
from django.db.models import Max

from billing.ledger.models import Seal, Transaction
from billing.ledger.seals import NO_SEAL
from billing.models import DailyBalance, DailyClose, Difference
from billing.states import DifferenceState
from billing.trial_balance import BalanceRow, bounds_of, rows_from_entries
from core import clock
from core.days import BOOKS_ZONE
from core.db import transactional

BATCH = 400  # days in one run at most: the first on an installed system has many to close
SETTLED_AFTER = timedelta(minutes=15)  # what began before midnight has committed by then


def close_days(*, at: datetime) -> int:
    """Close every day that is over and sealed, one transaction each, the oldest first; how many.

    A day with open differences closes, too, and says how many there were.
    """
    count = 0
    while count < BATCH and _close_next(at):
        count += 1
    return count


@transactional
def _close_next(at: datetime) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('daily close', 0))")
    last = DailyClose.objects.order_by("-day").first()
    day = last.day + timedelta(days=1) if last else _first_day()
    if day is None:
        return False
    start, end = bounds_of(day)
    if at < end + SETTLED_AFTER:
        return False
    booked = Transaction.objects.filter(created_at__lt=end)
    highest = booked.filter(created_at__gte=start).aggregate(highest=Max("id"))["highest"]
    highest = highest or (last.last_transaction_id if last else 0)
    seal = Seal.objects.filter(last_id__gte=highest).order_by("number").first()
    if seal is None:
        return False
    rows = _rows(last, day)
    close = DailyClose(
        day=day,
        transactions=booked.filter(created_at__gte=start).count(),
        last_transaction_id=highest,
        seal_number=seal.number,
        open_differences=Difference.objects.filter(state=DifferenceState.OPEN).count(),
        previous=bytes(last.digest) if last else NO_SEAL,
        closed_at=clock.now(),
    )
    close.digest = digest_of(close, rows, bytes(seal.digest))
    close.save()
    DailyBalance.objects.bulk_create(
        DailyBalance(
            close=close, kind=row.kind, name=row.name, currency=row.currency, opening_minor=row.opening_minor,
            debits_minor=row.debits_minor, credits_minor=row.credits_minor, closing_minor=row.closing_minor,
        )
        for row in rows
    )  # fmt: skip
    return True


def digest_of(close: DailyClose, rows: Iterable[BalanceRow], seal_digest: bytes) -> bytes:
    """SHA-256 of what the close says, its rows, the digest of the seal it names, and the close before."""
    lines = [
        "|".join(map(str, (close.day, close.transactions, close.last_transaction_id, close.seal_number)))
    ]
    lines.append(str(close.open_differences))
    lines += sorted(
        "|".join(
            map(
                str,
                (row.kind, row.name, row.currency, row.opening_minor, row.debits_minor, row.credits_minor),
            )
        )
        for row in rows
    )
    return hashlib.sha256("\n".join(lines).encode() + seal_digest + bytes(close.previous)).digest()


def rows_of(close: DailyClose) -> list[BalanceRow]:
    """The frozen rows of a close."""
    return [
        BalanceRow(row.kind, row.name, row.currency, row.opening_minor, row.debits_minor, row.credits_minor)
        for row in close.balances.all()
    ]


def _rows(last: DailyClose | None, day: date) -> list[BalanceRow]:
    """The closing balances of the day before, and what moved: one query over the entries of the day alone."""
    before = {(row.kind, row.name, row.currency): row.closing_minor for row in rows_of(last)} if last else {}
    moved = {
        (row.kind, row.name, row.currency): (row.debits_minor, row.credits_minor)
        for row in rows_from_entries(day, since=bounds_of(day)[0])
    }
    return [
        BalanceRow(*key, before.get(key, 0), *moved.get(key, (0, 0))) for key in sorted({*before, *moved})
    ]


def _first_day() -> date | None:
    first = Transaction.objects.order_by("created_at").values_list("created_at", flat=True).first()
    return first.astimezone(BOOKS_ZONE).date() if first else None
