"""The evidence of a case as staff read it: sections of lines, made from what was kept when it was opened."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from billing.models import Case
from core.days import BOOKS_ZONE
from core.money import format_money

_TITLES = {
    "bill": "Bill",
    "terms": "Terms of the call",
    "call": "The call",
    "events": "Technical events",
    "text": "The text",
    "payments": "Card payments before",
    "consents": "Agreed to",
}


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
        currency = section.get("currency", "")
        yield from (
            Line(f"{_label(name)}: {_value(name, value, currency)}")
            for name, value in section.items()
            if value not in (None, "", []) and name != "currency"
        )
        return
    for row in section:
        currency = row.get("currency", "")
        parts = [
            _value(name, value, currency) if name in ("at", "kind", "state", "number") else
            f"{_label(name)} {_value(name, value, currency)}"
            for name, value in sorted(row.items(), key=lambda item: item[0] != "at")
            if value not in (None, "") and name not in ("currency", "transaction")
        ]  # fmt: skip
        yield Line(", ".join(parts), row.get("transaction"))


def _label(name: str) -> str:
    return re.sub(r"_(minor|at|ms|seconds)\Z", "", name).replace("_", " ")


def _value(name: str, value: Any, currency: str) -> str:
    if isinstance(value, list):
        return "; ".join(_component(part, currency) for part in value)
    if name.endswith("_minor") and isinstance(value, int):
        return format_money(value, currency) if currency else format_money(value)
    if name == "at" or name.endswith("_at"):
        return _time(str(value))
    if name.endswith("_seconds") or name == "seconds":
        return f"{value} s"
    return f"{value} ms" if name.endswith("_ms") else str(value)


def _component(part: Mapping[str, Any], currency: str) -> str:
    return " ".join(f"{_label(name)} {_value(name, value, currency)}" for name, value in part.items())


def _time(text: str) -> str:
    """In the staff's zone, to the millisecond; what is no time stays as it is."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return f"{at.astimezone(BOOKS_ZONE):%Y-%m-%d %H:%M:%S.%f}"[:-3]
