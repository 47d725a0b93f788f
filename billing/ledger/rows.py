"""Postings as the arguments of `ledger_post_rows`: columns side by side, each as the text of an array.

Texts, because PostgreSQL then takes the types from the function. Of numbers and lists each size would be a type of its own, and
each mix of types another statement with another plan.
"""

import json
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from billing.ledger.posting import Posting

# Of the transactions, then of their entries; in this order.
COLUMNS = 17 + 6
PLACES = ", ".join(["%s"] * COLUMNS)
_encode = json.JSONEncoder(ensure_ascii=False, separators=(", ", ": ")).encode


def as_rows(postings: Sequence["Posting"]) -> list[str]:
    """The arguments from `kinds` to `funds`."""
    sides = [
        (number, side)
        for number, posting in enumerate(postings, 1)
        for side in posting.sides
        if side.amount_minor
    ]
    return [
        _texts(posting.kind for posting in postings),
        _texts(posting.key for posting in postings),
        _texts(f"\\x{fingerprint(posting).hex()}" for posting in postings),
        _numbers(posting.customer_id for posting in postings),
        _numbers(posting.operator_id for posting in postings),
        _numbers(posting.brand_id for posting in postings),
        _texts(posting.reference for posting in postings),
        _texts(posting.currency for posting in postings),
        _numbers(posting.amount_minor for posting in postings),
        _numbers(posting.operator_minor for posting in postings),
        _numbers(posting.platform_minor for posting in postings),
        _numbers(posting.seconds for posting in postings),
        _numbers(posting.rate_minor for posting in postings),
        _texts(posting.description for posting in postings),
        _numbers(posting.actor_id for posting in postings),
        _texts(posting.reason for posting in postings),
        _numbers(posting.reverses_id for posting in postings),
        _numbers(number for number, _ in sides),
        _numbers(side.account_id for _, side in sides),
        _texts(side.kind for _, side in sides),
        _texts(side.name for _, side in sides),
        _numbers(side.amount_minor for _, side in sides),
        _texts(side.funds for _, side in sides),
    ]


def fingerprint(posting: "Posting") -> bytes:
    """SHA-256 of the posting as `jsonb` writes it: its keys by their length, then by name; no two spellings of one posting."""
    return sha256(_encode(posting.body()).encode()).digest()


def _numbers(values: Iterable[int | None]) -> str:
    return "{" + ",".join(["NULL" if value is None else str(value) for value in values]) + "}"


def _texts(values: Iterable[str | None]) -> str:
    return "{" + ",".join(["NULL" if value is None else _quoted(value) for value in values]) + "}"


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
