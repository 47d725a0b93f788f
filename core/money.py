"""Money as whole minor units (cents): the one place that rounds, splits, parses and shows it.

Inside the product an amount is an `int` in a name that ends in `_minor`, with its currency beside it.
`Decimal` appears only where text comes in or goes out, `float` only as the last step towards a JSON number.
All supported currencies have two decimals. Pure: no Django, no clock.
"""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

BPS = 10_000  # basis points in a whole: a share of 8000 bps is 80 %
MINOR_PER_UNIT = 100
_SECONDS_PER_MINUTE = 60
_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£"}
# Every amount fits a signed 64-bit column with room for sums, and a JSON number keeps it exact (2**53).
MAX_MINOR = 10**12


class MoneyError(ValueError):
    """The text is no amount of money; `str(error)` says what is wrong with it."""


def round_half_up(numerator: int, denominator: int) -> int:
    """`numerator / denominator` as a whole number, halves away from zero: 0.5 → 1, -0.5 → -1.

    Symmetric on purpose: undoing an amount gives exactly the negative of doing it. `denominator` > 0.
    """
    if denominator <= 0:
        raise ValueError("denominator must be positive")
    if numerator < 0:
        return -round_half_up(-numerator, denominator)
    return (2 * numerator + denominator) // (2 * denominator)


@dataclass(frozen=True, slots=True)
class Split:
    """An amount in the operator's and the platform's part, which always add up to it."""

    operator_minor: int
    platform_minor: int

    @property
    def amount_minor(self) -> int:
        return self.operator_minor + self.platform_minor


def split(amount_minor: int, share_bps: int) -> Split:
    """The operator's `share_bps` of `amount_minor`, rounded once; the platform has the rest (docs/design.md section 3)."""
    if not 0 <= share_bps <= BPS:
        raise ValueError("share_bps must lie between 0 and 10000")
    operator_minor = round_half_up(amount_minor * share_bps, BPS)
    return Split(operator_minor=operator_minor, platform_minor=amount_minor - operator_minor)


def least_rate_minor(block_seconds: int) -> int:
    """The lowest price a minute, above none at all, at which a block of talk costs something once it is rounded."""
    return -(-_SECONDS_PER_MINUTE // (2 * block_seconds))


def parse(text: str) -> int:
    """`"45"`, `"3.99"`, `"-0.5"` in minor units. Never rounds. Raises MoneyError."""
    try:
        amount = Decimal(text.strip())
    except InvalidOperation:
        raise MoneyError("not an amount") from None
    return from_decimal(amount)


def from_decimal(amount: Decimal) -> int:
    """Minor units of a decimal amount. Never rounds. Raises MoneyError."""
    if not amount.is_finite():
        raise MoneyError("not an amount")
    if abs(amount) > MAX_MINOR // MINOR_PER_UNIT:
        raise MoneyError("too large an amount")
    minor = amount * MINOR_PER_UNIT
    if minor != int(minor):
        raise MoneyError("an amount has at most two decimals")
    return int(minor)


def as_decimal(amount_minor: int) -> Decimal:
    """The amount in units with exactly two decimals, for forms, exports and templates."""
    return Decimal(amount_minor).scaleb(-2)


def as_number(amount_minor: int) -> float:
    """The amount as a JSON number: 399 → 3.99.

    One correctly rounded division, whose shortest decimal form is the exact amount for every amount up to
    MAX_MINOR. Only for writing JSON: nothing may be computed with the result.
    """
    return amount_minor / MINOR_PER_UNIT


def format_money(amount_minor: int, currency: str = "USD") -> str:
    """The amount as people read it: `$1,234.50`, `-$0.99`, `3.00 CHF`."""
    sign = "-" if amount_minor < 0 else ""
    digits = f"{abs(as_decimal(amount_minor)):,.2f}"
    symbol = _SYMBOLS.get(currency)
    return f"{sign}{symbol}{digits}" if symbol else f"{sign}{digits} {currency}"
