"""Checks of the seals: the chain is whole, what was sealed is as it was, and the heads that left the database are in it."""

from collections.abc import Iterator

from django.db import connection

from billing import conf
from billing.auditing.findings import Check, Scope, Violation
from billing.ledger.heads import UnreadableHeads, read_heads
from billing.ledger.models import Seal
from billing.ledger.seals import NO_SEAL
from billing.services.seal_ledger import expected_digest

_SEALED = """
SELECT s.number, s.first_id, s.last_id, s.transactions, s.root, now.transactions, now.root
  FROM ledger_seal s
 CROSS JOIN LATERAL (
    SELECT * FROM ledger_sealed_root(s.first_id, s.last_id) WHERE s.format = 1
     UNION ALL
    SELECT * FROM ledger_sealed_root_2(s.first_id, s.last_id) WHERE s.format = 2
 ) AS now
 WHERE s.last_id >= %(first)s AND (now.transactions, now.root) <> (s.transactions, s.root)
 ORDER BY s.number
"""


def _chain(scope: Scope) -> Iterator[Violation]:
    """Each seal follows the one before it and says what its digest says."""
    number, last_id, digest = 0, 0, NO_SEAL
    for seal in Seal.objects.order_by("number").iterator(chunk_size=5_000):
        expected = (number + 1, last_id + 1, digest.hex(), expected_digest(seal).hex())
        number, last_id, digest = seal.number, seal.last_id, bytes(seal.digest)
        actual = (seal.number, seal.first_id, bytes(seal.previous).hex(), digest.hex())
        if actual != expected:
            yield Violation(
                "seal_follows_the_one_before", f"ledger.seal:{number}", str(expected), str(actual)
            )


def _sealed(scope: Scope) -> Iterator[Violation]:
    """No sealed transaction or entry was changed, added, or removed."""
    with connection.cursor() as cursor:
        cursor.execute(_SEALED, scope.parameters)
        for number, first, last, count, root, count_now, root_now in cursor.fetchall():
            yield Violation(
                "sealed_transactions_are_as_they_were",
                f"ledger.seal:{number}",
                f"{count} transactions from {first} to {last}, root {bytes(root).hex()}",
                f"{count_now}, root {bytes(root_now).hex()}",
            )


def _heads(scope: Scope) -> Iterator[Violation]:
    """What left the database is still in it (`AEIMS_LEDGER_HEADS_FILE`)."""
    path = conf.ledger_heads_file()
    if path is None:
        return
    check = "head_outside_is_that_of_its_seal"
    try:
        heads = read_heads(path)
    except (OSError, UnreadableHeads) as error:
        yield Violation(check, "ledger heads file", "readable", str(error))
        return
    seals = Seal.objects.in_bulk([head.number for head in heads])
    for head in heads:
        seal = seals.get(head.number)
        actual = (seal.last_id, bytes(seal.digest).hex()) if seal else None
        if actual != (head.last_id, head.digest):
            row = f"ledger.seal:{head.number}"
            yield Violation(check, row, f"({head.last_id}, '{head.digest}')", str(actual))


CHECKS: list[Check] = [_chain, _sealed, _heads]
