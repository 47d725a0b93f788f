"""The terms of a call: what its price follows from. Pure."""

from dataclasses import dataclass, fields
from typing import Any

from billing.taxes import MILLIONTHS
from core.money import BPS

NOBODY, PLATFORM, OPERATOR = (
    "",
    "platform",
    "operator",
)  # who covers a fee, as `billing.states.FundedBy` says it
_NEVER_NEGATIVE = ("rate_per_minute_minor", "connect_fee_minor", "grace_seconds", "promo_max_rate_minor")


@dataclass(frozen=True, slots=True)
class Tariff:
    """The terms of a call, frozen when it is authorized.

    Time is charged in started increments: `first_increment_seconds`, then steps of
    `next_increment_seconds` (60/60: each started minute). A call shorter than `grace_seconds` costs nothing.
    `promo_pay_bps` is the part of the operator's usual share paid for free minutes the platform gave;
    `promo_max_rate_minor` the highest rate they are paid at (0: none). `fee_covered_by` says who gave the free minutes
    that cover the fee; the customer pays none then.
    Talk and fee are taxed at rates of their own, in millionths; `is_tax_included` says that the prices contain it.
    Each term is frozen in the column of `Authorization` that has its name.
    """

    rate_per_minute_minor: int
    connect_fee_minor: int
    first_increment_seconds: int = 60
    next_increment_seconds: int = 60
    grace_seconds: int = 0
    operator_share_bps: int = 8000
    promo_pay_bps: int = BPS
    talk_tax_millionths: int = 0
    fee_tax_millionths: int = 0
    is_tax_included: bool = False
    promo_max_rate_minor: int = 0
    fee_covered_by: str = NOBODY

    def __post_init__(self) -> None:
        if min(getattr(self, name) for name in _NEVER_NEGATIVE) < 0:
            raise ValueError("rates, fee and grace are never negative")
        if self.fee_covered_by not in (NOBODY, PLATFORM, OPERATOR):
            raise ValueError("a fee is covered by the platform, the operator, or nobody")
        if min(self.first_increment_seconds, self.next_increment_seconds) < 1:
            raise ValueError("increments are at least one second")
        if not (0 <= self.operator_share_bps <= BPS and 0 <= self.promo_pay_bps <= BPS):
            raise ValueError("shares lie between 0 and 10000 basis points")
        if not all(0 <= rate <= MILLIONTHS for rate in (self.talk_tax_millionths, self.fee_tax_millionths)):
            raise ValueError("tax rates lie between 0 and 1000000 millionths")

    @property
    def charged_fee_minor(self) -> int:
        """The fee that the customer pays for a call, as prices are written."""
        return 0 if self.fee_covered_by else self.connect_fee_minor

    def columns(self) -> dict[str, Any]:
        """The one mapping: column of `Authorization` → value."""
        return {name: getattr(self, name) for name in TERMS}


TERMS = tuple(field.name for field in fields(Tariff))
