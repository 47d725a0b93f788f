"""The newest seal's digest, written once a day to a file outside of the database, and read again by the audit.

Whoever rewrites the books and all seals cannot rewrite what has left: the file (best on another machine or an append-only
volume), and the owner's mail. A line is: time, number of the seal, last transaction, digest in hex. After a restore a line
says so, with the newest seal that is left: `time restored number`.
"""

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.db import connection

from billing.ledger.models import Seal
from core import clock

RESTORED = "restored"
_SEALED_UP_TO = """
SELECT head.last_id, t.id, t.created_at
  FROM (SELECT (SELECT last_id FROM ledger_seal ORDER BY number DESC LIMIT 1) AS last_id) AS head
  LEFT JOIN LATERAL (SELECT id, created_at FROM ledger_transaction WHERE id > coalesce(head.last_id, 0) ORDER BY id LIMIT 1) AS t
    ON true
"""


@dataclass(frozen=True, slots=True)
class Head:
    """One line of the file."""

    number: int
    last_id: int
    digest: str


class UnreadableHeads(ValueError):
    """A line of the file is no head; the message names it."""


def newest_seal() -> Seal | None:
    """The last seal; None before the first."""
    return Seal.objects.order_by("-number").first()


@dataclass(frozen=True, slots=True)
class SealedUpTo:
    """The last transaction that is sealed, and the first one that isn't; None where there is none."""

    sealed_id: int | None
    unsealed_id: int | None
    unsealed_since: datetime | None


def sealed_up_to() -> SealedUpTo:
    """One statement of two look-ups by key."""
    with connection.cursor() as cursor:
        cursor.execute(_SEALED_UP_TO)
        return SealedUpTo(*cursor.fetchone())


def append_head(path: Path, seal: Seal) -> None:
    """Add the seal's line to the end of the file, and wait until it is on the disk. Raises OSError."""
    line = f"{seal.sealed_at.isoformat()} {seal.number} {seal.last_id} {bytes(seal.digest).hex()}\n"
    with path.open("a", encoding="ascii") as file:
        file.write(line)
        file.flush()
        os.fsync(file.fileno())


def append_restored(path: Path, seal: Seal | None) -> None:
    """Say that the database was restored: heads above this seal, so far, are of seals that are gone. Raises OSError."""
    with path.open("a", encoding="ascii") as file:
        file.write(f"{clock.now().isoformat()} {RESTORED} {seal.number if seal else 0}\n")
        file.flush()
        os.fsync(file.fileno())


def read_heads(path: Path) -> list[Head]:
    """The heads that must be in the database; none if the file was not begun. Raises OSError, UnreadableHeads."""
    if not path.exists():
        return []
    heads: list[Head] = []
    for number, line in enumerate(path.read_text(encoding="ascii", errors="replace").splitlines(), start=1):
        try:
            _, seal, last_id, *digests = line.split()
            if seal == RESTORED and not digests:
                heads = [head for head in heads if head.number <= int(last_id)]
                continue
            (digest,) = digests
            heads.append(Head(int(seal), int(last_id), digest))
        except ValueError:
            raise UnreadableHeads(f"line {number}") from None
    return heads
