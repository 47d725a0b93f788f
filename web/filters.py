"""Filters of ledger lists as they stand in an address: days, kind, brand. Used by the statement and the back office."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar, Self
from zoneinfo import ZoneInfo

from core.errors import Invalid

_MAX_TEXT = 254


@dataclass(frozen=True, slots=True)
class LedgerFilters:
    """Which lines are wanted; empty means all. Days are both included, in the reader's zone.

    A subclass adds text filters as fields and their names in the address to `PARAMETERS`.
    """

    since: date | None = None
    until: date | None = None
    kind: str = ""
    brand: str = ""

    PARAMETERS: ClassVar[dict[str, str]] = {"since": "from", "until": "to", "kind": "kind", "brand": "brand"}

    @classmethod
    def from_query(cls, query: Mapping[str, Any], kinds: Collection[str]) -> Self:
        """The filters of an address. Raises Invalid for a kind that is none, or a day that is none."""
        kind = query.get("kind") or ""
        if kind and kind not in kinds:
            raise Invalid("kind: not one of the list.")
        texts = {
            name: (query.get(parameter) or "").strip()[:_MAX_TEXT]
            for name, parameter in cls.PARAMETERS.items()
            if name not in ("since", "until")
        }
        return cls(since=parse_day(query.get("from")), until=parse_day(query.get("to")), **texts)

    @property
    def query(self) -> dict[str, str]:
        """As in the address, without what is empty."""
        values = {self.PARAMETERS[field.name]: getattr(self, field.name) for field in fields(self)}
        return {
            name: value.isoformat() if isinstance(value, date) else value
            for name, value in values.items()
            if value
        }

    def bounds(self, zone: ZoneInfo) -> tuple[datetime | None, datetime | None]:
        """From when (included) to when (excluded) in `zone`; None where it is open."""
        return (
            start_of_day(self.since, zone) if self.since else None,
            start_of_day(self.until + timedelta(days=1), zone) if self.until else None,
        )


def start_of_day(day: date, zone: ZoneInfo) -> datetime:
    """Midnight at the beginning of `day` in `zone`."""
    return datetime.combine(day, time.min, zone)


def parse_day(text: str | None) -> date | None:
    """A day as an address has it, like 2026-03-08; None for none. Raises Invalid."""
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Invalid("Enter a date like 2026-03-08.") from None
    if not 2000 <= day.year <= 2100:
        raise Invalid("Choose a date in this century.")
    return day
