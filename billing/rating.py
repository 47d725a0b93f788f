"""The price of a call: every figure anyone sees comes from here (docs/design.md section 4).

The quote, the grants, the ticking cost, the settlement and the audit all call these functions. Pure:
whole seconds and minor units in, the same out; no Django, no clock, no rounding but `core.money`'s.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from billing.outcome import CONNECT_FEE, PROMO, TALK, Component, Outcome
from billing.taxes import MILLIONTHS, taxed
from billing.terms import PLATFORM
from billing.terms import Tariff as Tariff
from core.money import BPS, round_half_up, split

SECONDS_PER_MINUTE = 60
_A_LONG_CALL = 1000  # increments: no amount that grows with time is the same as after the first
_REMEMBERED = 4096  # figures: timers and quotes ask for the same ones again and again


@dataclass(frozen=True, slots=True)
class Reserved:
    """Free seconds kept for a call out of one package, and who stands for them."""

    seconds: int
    is_platform_funded: bool


@dataclass(frozen=True, slots=True)
class Usage:
    """What a component rule is given: the terms, and how the seconds of a call were counted."""

    tariff: Tariff
    billable_seconds: int
    free_used_seconds: int
    promo_seconds: int  # the platform-funded part of the free seconds


def _fee_component(usage: Usage) -> Component:
    fee_minor = usage.tariff.charged_fee_minor if usage.billable_seconds else 0
    return _sale(CONNECT_FEE, fee_minor, usage.tariff, usage.tariff.fee_tax_millionths)


def _talk_component(usage: Usage) -> Component:
    paid_seconds = usage.billable_seconds - usage.free_used_seconds
    talk_minor = round_half_up(usage.tariff.rate_per_minute_minor * paid_seconds, SECONDS_PER_MINUTE)
    return _sale(TALK, talk_minor, usage.tariff, usage.tariff.talk_tax_millionths, paid_seconds)


def _sale(
    kind: str, price_minor: int, tariff: Tariff, tax_millionths: int, seconds: int | None = None
) -> Component:
    """What is sold at this price: the tax is neither the operator's nor the platform's."""
    price = taxed(price_minor, tax_millionths, is_included=tariff.is_tax_included)
    parts = split(price.net_minor, tariff.operator_share_bps)
    return Component.sale(kind, parts, seconds, tax_minor=price.tax_minor)


def _promo_component(usage: Usage) -> Component:
    promo_minor = promo_pay(usage.tariff, usage.promo_seconds)
    if usage.billable_seconds:
        promo_minor += covered_fee_pay(usage.tariff)
    return Component(PROMO, promo_minor=promo_minor, seconds=usage.promo_seconds)


Rule = Callable[[Usage], Component]
# What a bill is made of, in the order it is posted and shown. Each amount is split once, for the whole call.
COMPONENTS: tuple[Rule, ...] = (_fee_component, _talk_component, _promo_component)


def fixed_components(tariff: Tariff) -> tuple[Component, ...]:
    """The parts of a bill that are the same however long the charged call is, those of nothing included.

    They are what a customer is told before a call, beside the rate.
    """
    first = grid_ceil(tariff, tariff.grace_seconds)
    usages = [_usage(tariff, first + count * tariff.next_increment_seconds, 0) for count in (0, _A_LONG_CALL)]
    bills = [[rule(usage) for rule in COMPONENTS] for usage in usages]
    return tuple(short for short, long in zip(*bills, strict=True) if short == long)


def charged_seconds(joined_ms: int | None, granted_seconds: int) -> int:
    """Whole seconds charged for: rounded down as the timer shows them, at least 1, never beyond the grant.

    `None` and 0 mean that the parties were never joined.
    """
    if not joined_ms:
        return 0
    if joined_ms < 0:
        raise ValueError("joined_ms is never negative")
    return min(granted_seconds, max(1, joined_ms // 1000))


def billable(tariff: Tariff, seconds: int) -> int:
    """Seconds in started increments; 0 within the grace period. `seconds` are charged seconds."""
    if seconds <= 0 or seconds < tariff.grace_seconds:
        return 0
    return grid_ceil(tariff, seconds)


def free_used(tariff: Tariff, seconds: int, free_seconds: int) -> int:
    """Free seconds a call of `seconds` takes: rounded to increments first, then covered."""
    return min(free_seconds, billable(tariff, seconds))


def talk(tariff: Tariff, seconds: int, free_seconds: int) -> int:
    """The price of the talk of a call of `seconds` in minor units: without the fee, and without tax on top."""
    return _talk_component(_usage(tariff, seconds, free_seconds)).price_minor(tariff.is_tax_included)


def tax(tariff: Tariff, seconds: int, free_seconds: int) -> int:
    """The tax in what a call of `seconds` costs, in minor units."""
    usage = _usage(tariff, seconds, free_seconds)
    return sum(rule(usage).tax_minor for rule in COMPONENTS)


def cost(tariff: Tariff, seconds: int, free_seconds: int) -> int:
    """All a call of `seconds` costs the customer, in minor units."""
    return _cost(COMPONENTS, tariff, seconds, free_seconds)


@lru_cache(_REMEMBERED)
def _cost(rules: tuple[Rule, ...], tariff: Tariff, seconds: int, free_seconds: int) -> int:
    usage = _usage(tariff, seconds, free_seconds)
    return sum([rule(usage).charged_minor for rule in rules])


def earned(tariff: Tariff, seconds: int, reserved: Sequence[Reserved]) -> int:
    """All the operator earns by a call of `seconds`, in minor units."""
    return _earned(COMPONENTS, tariff, seconds, tuple(reserved))


@lru_cache(_REMEMBERED)
def _earned(rules: tuple[Rule, ...], tariff: Tariff, seconds: int, reserved: tuple[Reserved, ...]) -> int:
    return _bill(rules, tariff, seconds, reserved).operator_minor


Steps = list[tuple[int, int]]


def cost_steps(tariff: Tariff, free_seconds: int, from_second: int, to_second: int) -> Steps:
    """`cost` as a table for a ticking timer: (second, minor units), one entry for each increment that starts.

    For a call of `from_second` to `to_second` seconds, both at least 1: the last entry at or before a second of it is
    what a call of that length costs.
    """
    starts = _increment_starts(tariff, from_second, to_second)
    return [(second, cost(tariff, second, free_seconds)) for second in starts]


def earned_steps(tariff: Tariff, reserved: Sequence[Reserved], from_second: int, to_second: int) -> Steps:
    """What the operator earns, as a table like `cost_steps`."""
    starts = _increment_starts(tariff, from_second, to_second)
    return [(second, earned(tariff, second, reserved)) for second in starts]


def promo_pay(tariff: Tariff, platform_funded_seconds: int) -> int:
    """What the platform pays the operator for free seconds it gave away, in minor units, rounded once.

    At the rate of the call, or the highest that is paid. It is a part of the rate without tax, like the share of minutes
    that are paid.
    """
    rate_minor = paid_rate(tariff)
    return _promo_part(
        tariff, rate_minor * platform_funded_seconds, SECONDS_PER_MINUTE, tariff.talk_tax_millionths
    )


def paid_rate(tariff: Tariff) -> int:
    """The rate that free minutes of the platform are paid at, in minor units, before the operator's share of it."""
    return min(tariff.rate_per_minute_minor, tariff.promo_max_rate_minor or tariff.rate_per_minute_minor)


def covered_fee_pay(tariff: Tariff) -> int:
    """What the platform pays the operator for a fee that its free minutes cover, in minor units, rounded once."""
    fee_minor = tariff.connect_fee_minor if tariff.fee_covered_by == PLATFORM else 0
    return _promo_part(tariff, fee_minor, 1, tariff.fee_tax_millionths)


def _promo_part(tariff: Tariff, price_minor: int, divisor: int, tax_millionths: int) -> int:
    """The operator's share of a price over `divisor` without the tax in it, as far as the platform pays it."""
    whole = MILLIONTHS + (tax_millionths if tariff.is_tax_included else 0)
    part = tariff.operator_share_bps * price_minor * tariff.promo_pay_bps * MILLIONTHS
    return round_half_up(part, BPS * divisor * BPS * whole)


def bill(
    tariff: Tariff, joined_ms: int | None, granted_seconds: int, reserved: Sequence[Reserved] = ()
) -> Outcome:
    """What a call that was joined for `joined_ms` comes to."""
    return _bill(COMPONENTS, tariff, charged_seconds(joined_ms, granted_seconds), reserved)


def _bill(rules: tuple[Rule, ...], tariff: Tariff, seconds: int, reserved: Sequence[Reserved]) -> Outcome:
    free_seconds = sum(part.seconds for part in reserved)
    used = _consume(reserved, free_used(tariff, seconds, free_seconds))
    promo_seconds = sum(u for u, part in zip(used, reserved, strict=True) if part.is_platform_funded)
    usage = _usage(tariff, seconds, free_seconds, promo_seconds)
    return Outcome(
        charged_seconds=seconds,
        billable_seconds=usage.billable_seconds,
        free_used_seconds=usage.free_used_seconds,
        components=tuple(component for rule in rules if not (component := rule(usage)).is_empty),
        used_seconds=used,
    )


def affordable(tariff: Tariff, available_minor: int, free_seconds: int, cap_seconds: int) -> int:
    """The largest whole number of increments, in seconds, whose cost is within `available_minor`; 0 if none.

    Found by halving: cost never falls as a call gets longer. A call may start when the result is at least the first
    increment.
    """
    limit = grid_floor(tariff, cap_seconds)
    if available_minor < 0 or limit == 0:
        return 0
    first, following = tariff.first_increment_seconds, tariff.next_increment_seconds
    increments = range((limit - first) // following + 1)
    count = bisect_right(
        increments, available_minor, key=lambda n: cost(tariff, first + n * following, free_seconds)
    )
    return first + (count - 1) * following if count else 0


def least_required(tariff: Tariff, free_seconds: int) -> int:
    """What a customer must have to start a call, in minor units."""
    return cost(tariff, tariff.first_increment_seconds, free_seconds)


def _usage(tariff: Tariff, seconds: int, free_seconds: int, promo_seconds: int = 0) -> Usage:
    return Usage(tariff, billable(tariff, seconds), free_used(tariff, seconds, free_seconds), promo_seconds)


def grid_floor(tariff: Tariff, seconds: int) -> int:
    """The largest whole number of increments within `seconds`, in seconds; 0 if not even the first fits."""
    if seconds < tariff.first_increment_seconds:
        return 0
    past_first = seconds - tariff.first_increment_seconds
    return seconds - past_first % tariff.next_increment_seconds


def as_minutes(seconds: int) -> int | float:
    """Seconds as the minutes of a receipt or an answer: a whole number where it is one, else two decimals."""
    if seconds % SECONDS_PER_MINUTE == 0:
        return seconds // SECONDS_PER_MINUTE
    return round_half_up(seconds * 100, SECONDS_PER_MINUTE) / 100


def grid_ceil(tariff: Tariff, seconds: int) -> int:
    """The least whole number of increments that holds `seconds`, in seconds; at least the first."""
    past_first = seconds - tariff.first_increment_seconds
    if past_first <= 0:
        return tariff.first_increment_seconds
    started = -(-past_first // tariff.next_increment_seconds)
    return tariff.first_increment_seconds + started * tariff.next_increment_seconds


def _increment_starts(tariff: Tariff, from_second: int, to_second: int) -> list[int]:
    """The seconds in which billable time grows (and the first, which may be within the grace), as far as they decide
    about `from_second` to `to_second`.
    """
    first_charged = max(1, tariff.grace_seconds)
    following = range(grid_ceil(tariff, first_charged) + 1, to_second + 1, tariff.next_increment_seconds)
    starts = [second for second in sorted({1, first_charged, *following}) if second <= to_second]
    current = max((index for index, second in enumerate(starts) if second <= from_second), default=0)
    return starts[current:]


def _consume(reserved: Sequence[Reserved], seconds: int) -> tuple[int, ...]:
    """How much of each reserved package `seconds` take, in their order."""
    used = []
    for part in reserved:
        taken = min(part.seconds, seconds)
        used.append(taken)
        seconds -= taken
    return tuple(used)
