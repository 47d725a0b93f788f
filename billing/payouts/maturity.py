"""When earnings are payable, and what of a balance is. Pure: amounts in minor units, days are New York's.

No money moves when earnings mature: what is payable is the balance less what the ledger's own times say is too new.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from core.days import BOOKS_ZONE

MONDAY = 0  # of `date.weekday`: runs are prepared on that day


def held_back_since(day: date, hold_days: int) -> datetime:
    """On `day`, what was earned from this moment on is not payable yet."""
    return _midnight(day - timedelta(days=hold_days))


def payable_on(earned_at: datetime, hold_days: int) -> date:
    """The day on which what was earned at that time becomes payable: whole days pass in between."""
    return earned_at.astimezone(BOOKS_ZONE).date() + timedelta(days=hold_days + 1)


def books_day(at: datetime) -> date:
    """The day in New York."""
    return at.astimezone(BOOKS_ZONE).date()


def next_payday(day: date) -> date:
    """The next Monday after `day`; the same day in a week where it is one."""
    return day + timedelta(days=(MONDAY - day.weekday() - 1) % 7 + 1)


def week_of(day: date) -> tuple[datetime, datetime]:
    """From when (included) to when (excluded) the week of `day` lasts, Monday to Monday, clock changes included."""
    monday = day - timedelta(days=day.weekday())
    return _midnight(monday), _midnight(monday + timedelta(days=7))


@dataclass(frozen=True, slots=True)
class Balance:
    """A payable, told apart. `unripe_minor` is earned too lately, `disputed_minor` is held of what isn't.

    `payable_minor`, `pending_minor`, and `held_minor` add up to `balance_minor`, always: below zero, and where newer
    earnings make up for what was taken back, `pending_minor` is what is left.
    """

    balance_minor: int
    unripe_minor: int
    disputed_minor: int

    @property
    def payable_minor(self) -> int:
        """What may be paid now; never below zero."""
        return max(0, self.balance_minor - self.unripe_minor - self.disputed_minor)

    @property
    def held_minor(self) -> int:
        return max(0, min(self.disputed_minor, self.balance_minor))

    @property
    def pending_minor(self) -> int:
        return self.balance_minor - self.payable_minor - self.held_minor

    @property
    def owed_to_us_minor(self) -> int:
        """How far it is below zero."""
        return max(0, -self.balance_minor)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), BOOKS_ZONE).astimezone(UTC)
