"""Seal what is in the ledger: each run adds seals for the transactions that were committed since. Postings pay nothing.

Ids are drawn before commit, so a lower id may still appear while a higher one is there. A seal never goes past a gap that a
running transaction could fill: without gaps the ids tell that by themselves; beyond a gap only once every transaction that
was writing to the ledger when the highest id was read has ended. Those are known by their lock on the table, which INSERT
takes before it draws an id and keeps to the end. (The oldest running xid is no such bound: an INSERT that waits for another
one with the same key has an id and no xid yet.)
"""

import time
from functools import partial

from django.db import connection, transaction
from django.db.models import Max

from billing.ledger.heads import newest_seal
from billing.ledger.models import Seal, Transaction
from billing.ledger.seals import FORMAT, NO_SEAL, digest_of
from billing.metrics import count_posted
from core.db import transactional

BATCH = 10_000  # transactions in one seal at most: the first run on an installed system has many to make
WAIT_SECONDS = 2.0  # for writers that are about to commit
_PAUSE_SECONDS = 0.02

_WRITERS = """
SELECT virtualtransaction FROM pg_locks
 WHERE relation = 'ledger_transaction'::regclass AND mode = 'RowExclusiveLock' AND granted
   AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
   AND pid IS DISTINCT FROM pg_backend_pid()
"""
_WITHOUT_GAP = """
SELECT coalesce(max(id), %(last)s)
  FROM (SELECT id, row_number() OVER (ORDER BY id) AS place
          FROM ledger_transaction WHERE id > %(last)s AND id <= %(highest)s) AS rows
 WHERE id = %(last)s + place
"""
_BATCH_END = """
SELECT max(id) FROM (
    SELECT id FROM ledger_transaction WHERE id > %(last)s AND id <= %(horizon)s ORDER BY id LIMIT %(batch)s
) AS batch
"""


def seal_ledger(*, wait_seconds: float = WAIT_SECONDS, batch: int = BATCH) -> int:
    """Seal all that can no longer change its order; how many transactions were sealed. Each seal is one transaction."""
    head = newest_seal()
    horizon = _horizon(head.last_id if head else 0, wait_seconds)
    total = 0
    while sealed := _seal_next(horizon=horizon, batch=batch):
        total += sealed
    return total


def _horizon(last: int, wait_seconds: float) -> int:
    """The highest id that no transaction can come before any more."""
    highest = Transaction.objects.aggregate(highest=Max("id"))["highest"] or 0
    if highest <= last:
        return last
    writers, deadline = _writers(), time.monotonic() + wait_seconds
    while writers:
        if time.monotonic() > deadline:
            return _ask(_WITHOUT_GAP, last=last, highest=highest) or last
        time.sleep(_PAUSE_SECONDS)
        writers &= _writers()
    return highest


def _writers() -> set[str]:
    """The running transactions that have written to the ledger, or are about to."""
    with connection.cursor() as cursor:
        cursor.execute(_WRITERS)
        return {name for (name,) in cursor.fetchall()}


@transactional
def _seal_next(*, horizon: int, batch: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('ledger seals', 0))")
    head = newest_seal()
    last = head.last_id if head else 0
    end = _ask(_BATCH_END, last=last, horizon=horizon, batch=batch)
    if end is None:
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT transactions, root FROM ledger_sealed_root_2(%s, %s)", [last + 1, end])
        transactions, root = cursor.fetchone()
    seal = Seal(
        number=head.number + 1 if head else 1,
        format=FORMAT,
        first_id=last + 1,
        last_id=end,
        transactions=transactions,
        root=bytes(root),
        previous=bytes(head.digest) if head else NO_SEAL,
    )
    seal.digest = expected_digest(seal)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ledger_add_seal(%s, %s, %s, %s, %s, %s, %s, %s)",
            [
                *(seal.number, seal.format, seal.first_id, seal.last_id, seal.transactions),
                *(bytes(seal.root), bytes(seal.previous), bytes(seal.digest)),
            ],
        )
    transaction.on_commit(partial(count_posted, last + 1, end), robust=True)
    return int(transactions)


def expected_digest(seal: Seal) -> bytes:
    """The digest that goes with the seal's other columns."""
    return digest_of(
        number=seal.number,
        version=seal.format,
        first_id=seal.first_id,
        last_id=seal.last_id,
        transactions=seal.transactions,
        root=bytes(seal.root),
        previous=bytes(seal.previous),
    )


def _ask(query: str, **parameters: int) -> int | None:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        value: int | None = cursor.fetchone()[0]
        return value
