"""The evidence of a case as staff read it: sections of lines, made from what was kept when it was opened."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from billing import conf
from billing.ledger.states import TransactionKind
from billing.models import Case
from core.days import BOOKS_ZONE
from core.money import format_money

_TITLES = {
    "held": "What is held",
    "bill": "Bill",
    "terms": "Terms of the call",
    "call": "The call",
    "events": "Technical events",
    "text": "The text",
    "payments": "Earlier card payments",
    "consents": "Agreed to",
}

# In this order (JSON in the database keeps none); what has no label says by itself what it is.
_LABELS = {
    "at": "", "number": "", "kind": "", "state": "", "edition": "edition", "way": "Sent as", "status": "Status",
    "end_reason": "End reason", "ended_by": "ended by", "why": "because of", "leg": "leg", "amount_minor": "amount",
    "refunded_minor": "refunded", "rate_minor": "Rate per minute", "fee_minor": "Connection fee", "first_seconds": "First increment",
    "next_seconds": "Next increments", "seconds": "time", "charged_seconds": "Charged", "free_seconds": "Free minutes used",
    "initiated_at": "Clicked", "ringing_at": "Customer’s phone rang", "customer_answered_at": "Customer answered",
    "customer_no_key_at": "No key from the customer",
    "operator_ringing_at": "Operator’s phone rang", "operator_answered_at": "Operator answered", "joined_at": "Joined",
    "left_at": "Left", "ended_at": "Ended", "joined_ms": "Talk", "sent_at": "Sent", "failed_at": "Failed",
    "replied_at": "Replied", "refunded_at": "Refunded automatically",
}  # fmt: skip
_EPOCH = re.compile(r"[0-9]{9,11}(\.[0-9]{1,6})?", re.ASCII)
_HIDDEN = ("currency", "transaction", "components")  # the bill has the parts with their numbers


@dataclass(frozen=True, slots=True)
class Line:
    """One line; `transaction`: whose page it leads to, or none."""

    text: str
    transaction: int | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """One kind of evidence."""

    title: str
    lines: list[Line]


def sections_of(case: Case) -> list[Section]:
    """In a fixed order; sections without anything are left out."""
    found = case.evidence
    return [Section(title, list(_lines(found[name]))) for name, title in _TITLES.items() if found.get(name)]


def _lines(section: Any) -> Iterator[Line]:
    if isinstance(section, Mapping):
        yield from (Line(": ".join(filter(None, part))) for part in _parts(section))
        return
    for row in section:
        words = (" ".join(filter(None, part)) for part in _parts(row))
        yield Line(", ".join(words), row.get("transaction"))


def _parts(row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Label and value of what is there."""
    names = [name for name in _LABELS if name in row]
    names += sorted(name for name in row if name not in _LABELS and name not in _HIDDEN)
    for name in names:
        if row[name] not in (None, ""):
            yield _LABELS.get(name, name), _value(name, row[name], row.get("currency"))


def _value(name: str, value: Any, currency: str | None) -> str:
    if name.endswith("_minor") and isinstance(value, int):
        return format_money(value, currency or conf.currency())
    if name == "at" or name.endswith("_at"):
        return _time(str(value))
    if value == TransactionKind.CONNECT_FEE:
        return str(TransactionKind.CONNECT_FEE.label)
    if name in ("kind", "end_reason"):
        return str(value).replace("_", " ")
    if name.endswith("_seconds") or name == "seconds":
        return f"{value} s"
    return f"{value} ms" if name.endswith("_ms") else str(value)


def _time(text: str) -> str:
    """In the staff's zone, to the millisecond, also from seconds as events have them; what is no time stays as it is."""
    try:
        at = (
            datetime.fromtimestamp(float(text), UTC)
            if _EPOCH.fullmatch(text)
            else datetime.fromisoformat(text)
        )
    except (ValueError, OverflowError):
        return text
    return f"{at.astimezone(BOOKS_ZONE):%Y-%m-%d %H:%M:%S.%f}"[:-3]
