"""For the bookkeeper: the trial balance at the end of a day in New York, frozen where the day is closed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from billing.models import DailyClose
from billing.services.close_days import rows_of
from billing.trial_balance import BalanceRow, rows_from_entries
from core.money import as_decimal

CLOSES_SHOWN = 31
HEADER = ["day", "state", "account", "name", "currency", "opening", "debits", "credits", "closing"]


@dataclass(frozen=True, slots=True)
class TrialBalance:
    """The rows of a day; `close`: as it was frozen, None while the day isn't closed and figures may change."""

    day: date
    rows: list[BalanceRow]
    close: DailyClose | None

    @property
    def total_minor(self) -> int:
        """Zero, or the books are broken."""
        return sum(row.closing_minor for row in self.rows)

    @property
    def digest(self) -> str:
        return bytes(self.close.digest).hex() if self.close else ""


def trial_balance_of(day: date) -> TrialBalance:
    """Every kind of account at the end of `day`."""
    close = DailyClose.objects.prefetch_related("balances").filter(day=day).first()
    return TrialBalance(day, rows_of(close) if close else rows_from_entries(day), close)


def as_csv(balance: TrialBalance) -> Iterator[list[Any]]:
    """The rows under HEADER."""
    for row in balance.rows:
        minors = (row.opening_minor, row.debits_minor, row.credits_minor, row.closing_minor)
        yield [
            balance.day.isoformat(), "closed" if balance.close else "open", row.kind, row.name, row.currency,
            *(as_decimal(minor) for minor in minors),
        ]  # fmt: skip
