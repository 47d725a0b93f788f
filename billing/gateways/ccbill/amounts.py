"""Prices as CCBill writes them, and the period that names a price. Pure.

A one-time price has a period of days, during which CCBill calls the sale active. Nothing of ours depends on its length, so it names
the price: three days for each dollar. The digest of the form covers both, so a customer can pay no other price with this
period, and the dates of the sale, which CCBill tells at any time, say what was paid. Amounts with cents get a period that names none.
"""

import re

US_DOLLAR = "840"

_PRICE = re.compile(r"([0-9]{1,7})\.([0-9]{2})")
_DAYS_PER_DOLLAR = 3  # a date that is off by one names no price
_SMALLEST_DOLLARS, _LARGEST_DOLLARS = 3, 121  # CCBill takes 2 to 365 days for one-time prices


def price_of(amount_minor: int) -> str:
    """`10.00` for 1000 cents."""
    dollars, cents = divmod(amount_minor, 100)
    return f"{dollars}.{cents:02}"


def minor_of(price: str) -> int | None:
    """1000 cents for `10.00`; None for anything else than a price with two decimals."""
    match = _PRICE.fullmatch(price.strip())
    return int(match[1]) * 100 + int(match[2]) if match else None


def period_for(amount_minor: int) -> int:
    """The days of a one-time price of this amount: 30 for $10.00."""
    dollars, cents = divmod(amount_minor, 100)
    if cents == 0 and _SMALLEST_DOLLARS <= dollars <= _LARGEST_DOLLARS:
        return _DAYS_PER_DOLLAR * dollars
    return _DAYS_PER_DOLLAR * min(max(dollars, _SMALLEST_DOLLARS), _LARGEST_DOLLARS) + 1


def amount_named_by(period_days: int) -> int | None:
    """The amount (cents) whose period this is; None where it names none."""
    dollars, rest = divmod(period_days, _DAYS_PER_DOLLAR)
    is_name = rest == 0 and _SMALLEST_DOLLARS <= dollars <= _LARGEST_DOLLARS
    return dollars * 100 if is_name else None
