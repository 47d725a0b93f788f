"""The rules of money once more, from the words of docs/design.md, in another way: fractions, and walking second by second.

Imports nothing of the product. Slow and plain on purpose: whatever the product computes quickly must agree with it.
"""

from dataclasses import dataclass, field
from fractions import Fraction
from math import floor


@dataclass(frozen=True)
class Terms:
    rate: int  # cents per minute
    fee: int  # cents
    first: int = 60  # seconds
    following: int = 60
    grace: int = 0
    share: int = 8000  # hundredths of a percent
    promo_pay: int = 10_000
    talk_tax: int = 0  # millionths
    fee_tax: int = 0
    is_tax_included: bool = False
    promo_rate: int = 0  # the highest that free minutes of the platform are paid at; 0: any
    fee_covered_by: str = ""  # "platform", "operator"


@dataclass(frozen=True)
class Package:
    seconds: int
    by_platform: bool = True


@dataclass(frozen=True)
class Outcome:
    charged: int
    billable: int
    free: int
    talk: int
    fee: int
    operator_talk: int
    operator_fee: int
    promo: int
    used: list[int] = field(default_factory=list)
    tax: int = 0  # beside talk and fee

    @property
    def cost(self) -> int:
        return self.talk + self.fee + self.tax

    @property
    def operator(self) -> int:
        return self.operator_talk + self.operator_fee + self.promo

    @property
    def platform(self) -> int:
        return self.talk + self.fee - self.operator_talk - self.operator_fee


def nearest(amount: Fraction) -> int:
    """The nearest whole cent; a half goes up."""
    below = floor(amount)
    return below + 1 if amount - below >= Fraction(1, 2) else below


def paid_for_units(terms: Terms, seconds: int) -> int:
    """Walk through the call; whenever what is covered is used up, the next increment starts and counts whole."""
    if seconds < 1 or seconds < terms.grace:
        return 0
    covered = 0
    for second in range(1, seconds + 1):
        if second > covered:
            covered += terms.first if covered == 0 else terms.following
    return covered


def timer(joined_ms: int | None, granted: int) -> int:
    """What the timer shows at the end: whole seconds gone by, one at least if they talked at all."""
    if joined_ms is None or joined_ms == 0:
        return 0
    shown = 0
    while (shown + 1) * 1000 <= joined_ms and shown < granted:
        shown += 1
    return min(granted, shown or 1)


def outcome(
    terms: Terms, joined_ms: int | None, granted: int, packages: list[Package] | None = None
) -> Outcome:
    """All figures of a call that was joined for `joined_ms` under a grant, with these packages kept for it."""
    charged = timer(joined_ms, granted)
    units = paid_for_units(terms, charged)
    rest, used, promo_seconds = units, [], 0
    for package in packages or []:
        taken = 0
        while taken < package.seconds and rest > 0:
            taken, rest = taken + 1, rest - 1
        used.append(taken)
        promo_seconds += taken if package.by_platform else 0
    talk = nearest(Fraction(terms.rate * rest, 60))
    fee = terms.fee if units else 0
    covered, fee = (fee, 0) if terms.fee_covered_by else (0, fee)
    talk, talk_tax = without_tax(talk, terms.talk_tax, terms.is_tax_included)
    fee, fee_tax = without_tax(fee, terms.fee_tax, terms.is_tax_included)
    untaxed = 1 / (1 + Fraction(terms.talk_tax, 1_000_000)) if terms.is_tax_included else Fraction(1)
    fee_untaxed = 1 / (1 + Fraction(terms.fee_tax, 1_000_000)) if terms.is_tax_included else Fraction(1)
    share, promo_pay = Fraction(terms.share, 10_000), Fraction(terms.promo_pay, 10_000)
    rate = min(terms.rate, terms.promo_rate) if terms.promo_rate else terms.rate
    return Outcome(
        charged=charged,
        billable=units,
        free=sum(used),
        talk=talk,
        fee=fee,
        operator_talk=nearest(share * talk),
        operator_fee=nearest(share * fee),
        promo=nearest(share * Fraction(rate * promo_seconds, 60) * promo_pay * untaxed)
        + (nearest(share * covered * promo_pay * fee_untaxed) if terms.fee_covered_by == "platform" else 0),
        used=used,
        tax=talk_tax + fee_tax,
    )


def without_tax(price: int, millionths: int, is_included: bool) -> tuple[int, int]:
    """What of a price is shared, and the tax, in it or on top of it."""
    rate = Fraction(millionths, 1_000_000)
    tax = nearest(price * rate / (1 + rate) if is_included else price * rate)
    return (price - tax if is_included else price), tax


def cost(terms: Terms, seconds: int, free: int) -> int:
    """What a call of whole seconds costs the customer."""
    return outcome(terms, seconds * 1000, seconds, [Package(free)]).cost


def affordable(terms: Terms, cents: int, free: int, cap: int) -> int:
    """Try every length a call may be granted for, shortest first, and keep the longest that can be paid."""
    longest, length = 0, terms.first
    while length <= cap:
        if cost(terms, length, free) <= cents:
            longest = length
        length += terms.following
    return longest
