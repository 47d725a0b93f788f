"""What one earns, in figures for people who aren't operators yet: computed by the rules that every call is charged and split by."""

from dataclasses import dataclass

from billing import conf, rating
from billing.rating import Tariff
from core.money import format_money
from operators.models import Operator

MINUTES = 20  # of the example


@dataclass(frozen=True, slots=True)
class Example:
    """A call of so many minutes at the prices that a new operator has until they change them."""

    share: str
    minutes: int
    rate: str
    fee: str
    paid: str
    earned: str


def earnings_example() -> Example:
    """Amounts as text; without tax, which is nobody's earnings."""
    (first, following), currency = conf.increments(), conf.currency()
    starting = Operator()
    rate, fee, share = (starting.rate_per_minute_minor, starting.connect_fee_minor, starting.share_bps)
    tariff = Tariff(
        rate_per_minute_minor=rate,
        connect_fee_minor=fee,
        first_increment_seconds=first,
        next_increment_seconds=following,
        operator_share_bps=share,
    )
    seconds = MINUTES * rating.SECONDS_PER_MINUTE
    return Example(
        share=f"{share / 100:g}%",
        minutes=MINUTES,
        rate=format_money(rate, currency),
        fee=format_money(fee, currency),
        paid=format_money(rating.cost(tariff, seconds, 0), currency),
        earned=format_money(rating.earned(tariff, seconds, ()), currency),
    )
