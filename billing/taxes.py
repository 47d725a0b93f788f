"""What tax a price carries. Pure: the one place that rounds tax.

Rates are whole millionths, so that 13.875 % (138,750) is exact. Each part of a bill is taxed once, as a whole: never by the
minute. Tax is on top of a price or included in it; either way operator and platform share what is left without it.
"""

from dataclasses import dataclass

from core.money import round_half_up

MILLIONTHS = 1_000_000  # in a whole: a rate of 138,750 is 13.875 %


@dataclass(frozen=True, slots=True)
class TaxTerms:
    """What a customer's purchases on a brand are taxed at now: where, at which rate for each kind, and whether prices contain it."""

    jurisdiction: str = ""
    voice_millionths: int = 0
    text_millionths: int = 0
    fee_millionths: int = 0
    tip_millionths: int = 0
    is_included: bool = False


NO_TAX = TaxTerms()


@dataclass(frozen=True, slots=True)
class Taxed:
    """A price in minor units: what is shared, and the tax on it."""

    net_minor: int
    tax_minor: int

    @property
    def charged_minor(self) -> int:
        """What the customer pays."""
        return self.net_minor + self.tax_minor


def taxed(price_minor: int, rate_millionths: int, *, is_included: bool) -> Taxed:
    """The tax on a price, rounded half up; on top of it, or (`is_included`) taken out of it."""
    if is_included:
        tax_minor = round_half_up(price_minor * rate_millionths, MILLIONTHS + rate_millionths)
        return Taxed(price_minor - tax_minor, tax_minor)
    return Taxed(price_minor, round_half_up(price_minor * rate_millionths, MILLIONTHS))


def as_percent(rate_millionths: int) -> str:
    """138750 → "13.875%"."""
    whole, rest = divmod(rate_millionths, 10_000)
    decimals = f".{rest:04}".rstrip("0") if rest else ""
    return f"{whole}{decimals}%"
