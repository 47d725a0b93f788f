"""Count sums that are kept along with the postings anew, from the ledger's entries (`manage.py rebuild_roll_ups`)."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection

from billing.ledger.models import Account
from billing.ledger.states import OWNED_KINDS

_CHUNK = 1000


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """How many accounts were counted, and how many of their sums were missing, different, or too many."""

    accounts: int
    wrong: int


def rebuild_roll_ups(*, account_id: int | None = None) -> Rebuilt:
    """All wallets and payables, or one account. Each is locked while it is counted, so postings may go on.

    Each account is done when it is counted: what is broken off is begun again. Not for a transaction of the caller's, which
    would keep all of them locked.
    """
    accounts = wrong = 0
    with connection.cursor() as cursor:
        for one in _accounts() if account_id is None else iter([account_id]):
            cursor.execute("SELECT ledger_recount_quarter_hours(%s)", [one])
            accounts += 1
            wrong += cursor.fetchone()[0]
    return Rebuilt(accounts, wrong)


def _accounts() -> Iterator[int]:
    """Ids of all that may have sums, a chunk at a time."""
    last = 0
    while True:
        rows = Account.objects.filter(kind__in=OWNED_KINDS, pk__gt=last).order_by("pk")
        ids = list(rows.values_list("pk", flat=True)[:_CHUNK])
        yield from ids
        if len(ids) < _CHUNK:
            return
        last = ids[-1]
