"""The prices of an operator: every column that holds one, and which of them a minute costs at a time.

One list for all who read or write a price: the model's bounds and indexes, checks, the forms of operators and staff, histories, API,
and the reads of pushes. A new price is an entry of `PRICES` and a column of `Operator`. Cards, API, directory, and the terms of a call
ask `rate_field`; it names a column, so that a page asks a row by it and the directory filters and sorts by it off an index.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from operators.models import Operator


class PriceUnit(StrEnum):
    """What is paid once for."""

    MINUTE = "minute"
    CALL = "call"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Bounds:
    """The columns in which staff set what an operator may ask for, in cents; without a `lowest`, from nothing."""

    name: str
    highest: str
    lowest: str | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.lowest, self.highest) if self.lowest else (self.highest,)

    def are_in(self, values: Mapping[str, Any]) -> bool:
        """Whether a row or form, given by its columns, has them."""
        return all(values.get(column) is not None for column in self.columns)

    def of(self, values: Mapping[str, Any]) -> tuple[int, int]:
        """Lowest and highest, in cents, of a row or form given by its columns."""
        return values[self.lowest] if self.lowest else 0, values[self.highest]


@dataclass(frozen=True, slots=True)
class Price:
    """A column of `Operator` that holds a price, in cents.

    `api_name`: its field in the API; without one the API doesn't show it, as rates are shown by what applies now.
    `index_name`: of the index by which the directory sorts by it (`operator_by_…`); every rate per minute has one.
    """

    column: str
    label: str
    unit: PriceUnit
    bounds: Bounds
    help_text: str = ""
    api_name: str = ""
    index_name: str = ""


RATE_BOUNDS = Bounds("rate", lowest="min_rate_minor", highest="max_rate_minor")
RATE_PER_MINUTE = Price(
    "rate_per_minute_minor", "Rate per minute", PriceUnit.MINUTE, RATE_BOUNDS, index_name="price"
)
CONNECT_FEE = Price(
    "connect_fee_minor",
    "Connection fee",
    PriceUnit.CALL,
    Bounds("connect_fee", "max_connect_fee_minor"),
    api_name="connect_fee",
)
PRICE_OF_A_TEXT = Price(
    "rate_per_message_minor",
    "Price of a text",
    PriceUnit.TEXT,
    Bounds("message", "max_message_minor"),
    api_name="rate_per_message",
)

PRICES = (RATE_PER_MINUTE, CONNECT_FEE, PRICE_OF_A_TEXT)
BOUNDS = tuple(dict.fromkeys(price.bounds for price in PRICES))

PRICE_COLUMNS = tuple(price.column for price in PRICES)
BOUND_COLUMNS = tuple(column for bounds in BOUNDS for column in bounds.columns)
RATE_COLUMNS = tuple(price.column for price in PRICES if price.unit is PriceUnit.MINUTE)
CALL_COLUMNS = tuple(price.column for price in PRICES if price.unit in (PriceUnit.MINUTE, PriceUnit.CALL))


def rate_field(at: datetime) -> str:
    """The column that holds the rate per minute, in cents, at this time: one of `RATE_COLUMNS`."""
    return RATE_PER_MINUTE.column


def rate_minor(operator: "Operator", at: datetime) -> int:
    """The rate per minute at this time, in cents."""
    rate: int = getattr(operator, rate_field(at))
    return rate
