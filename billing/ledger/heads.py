"""The newest seal's digest, written once a day to a file outside of the database, and read again by the audit.

Whoever rewrites the books and all seals cannot rewrite what has left: the file (best on another machine or an append-only
volume), and the owner's mail. A line is: time, number of the seal, last transaction, digest in hex.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from billing.ledger.models import Seal


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


def append_head(path: Path, seal: Seal) -> None:
    """Add the seal's line to the end of the file, and wait until it is on the disk. Raises OSError."""
    line = f"{seal.sealed_at.isoformat()} {seal.number} {seal.last_id} {bytes(seal.digest).hex()}\n"
    with path.open("a", encoding="ascii") as file:
        file.write(line)
        file.flush()
        os.fsync(file.fileno())


def read_heads(path: Path) -> list[Head]:
    """What the file says; empty if it was not begun. Raises OSError, UnreadableHeads."""
    if not path.exists():
        return []
    heads = []
    for number, line in enumerate(path.read_text(encoding="ascii", errors="replace").splitlines(), start=1):
        try:
            _, seal, last_id, digest = line.split()
            heads.append(Head(int(seal), int(last_id), digest))
        except ValueError:
            raise UnreadableHeads(f"line {number}") from None
    return heads
