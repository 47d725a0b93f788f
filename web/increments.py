"""How talk is counted, in words that are true for whatever increments a call has."""

from dataclasses import dataclass

from billing import rating
from billing.rating import Tariff
from core.money import format_money

_MINUTE = 60
_NAMES = {_MINUTE: "minute", 1: "second"}


def describe_increments(first: int, following: int) -> str:
    """How time is rounded, in seconds: 60/60 → "partial minutes round up"; 30/30 → "time rounds up to the next 30 seconds"; 60/6 →
    "the first minute is charged in full, then time rounds up to the next 6 seconds".
    """
    if first == following == _MINUTE:
        return "partial minutes round up"
    each = f"time rounds up to the next {describe_seconds(following)}"
    return (
        each if first == following else f"the first {describe_seconds(first)} is charged in full, then {each}"
    )


def describe_seconds(seconds: int) -> str:
    """60 → "minute", 30 → "30 seconds"."""
    return _NAMES.get(seconds) or f"{seconds} seconds"


@dataclass(frozen=True, slots=True)
class PriceExample:
    """A call of so many seconds, as it is counted and charged."""

    lasted: str
    billable: str
    rate: str
    talk: str
    total: str

    @property
    def talk_label(self) -> str:
        return f"Talk, {self.lasted}, charged as {self.billable}, at {self.rate} a minute"


def price_example(tariff: Tariff, seconds: int, currency: str) -> PriceExample:
    """The example of the price page, by the rule that every call is charged by; no free minutes."""
    return PriceExample(
        lasted=_clock(seconds),
        billable=_clock(rating.billable(tariff, seconds)),
        rate=format_money(tariff.rate_per_minute_minor, currency),
        talk=format_money(rating.talk(tariff, seconds, 0), currency),
        total=format_money(rating.cost(tariff, seconds, 0), currency),
    )


def _clock(seconds: int) -> str:
    return f"{seconds // _MINUTE}:{seconds % _MINUTE:02}"
