"""The price rules: the table of known cases, and what must hold for every tariff."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from billing import rating
from billing.grants import Grant, GrantSteps, first_grant, next_grant
from billing.outcome import CONNECT_FEE, TALK
from billing.rating import Reserved, Tariff
from tests.model import rules

CASES = json.loads((Path(__file__).parent / "acceptance_pricing.json").read_text(), parse_float=Decimal)

tariffs = st.builds(
    Tariff,
    rate_per_minute_minor=st.integers(0, 2000),
    connect_fee_minor=st.integers(0, 500),
    first_increment_seconds=st.sampled_from([1, 6, 30, 60, 90, 300]),
    next_increment_seconds=st.sampled_from([1, 6, 10, 60, 600]),
    grace_seconds=st.sampled_from([0, 1, 20, 59, 60, 61, 200]),
    operator_share_bps=st.sampled_from([0, 1, 7500, 8000, 8500, 10_000]),
    promo_pay_bps=st.sampled_from([0, 3333, 5000, 10_000]),
    promo_max_rate_minor=st.sampled_from([0, 1, 150, 3000]),
    fee_covered_by=st.sampled_from(["", "platform", "operator"]),
)
packages = st.lists(st.builds(Reserved, st.integers(1, 900), st.booleans()), max_size=4)


def terms_of(tariff: Tariff) -> rules.Terms:
    return rules.Terms(
        rate=tariff.rate_per_minute_minor,
        fee=tariff.connect_fee_minor,
        first=tariff.first_increment_seconds,
        following=tariff.next_increment_seconds,
        grace=tariff.grace_seconds,
        share=tariff.operator_share_bps,
        promo_pay=tariff.promo_pay_bps,
        promo_rate=tariff.promo_max_rate_minor,
        fee_covered_by=tariff.fee_covered_by,
    )


def tariff_of(case: dict[str, Any]) -> Tariff:
    return Tariff(**{name: case[name] for name in Tariff.__dataclass_fields__ if name in case})


@pytest.mark.parametrize("case", [c for c in CASES if "joined_seconds" in c], ids=lambda c: c["source"])
def test_known_bills(case: dict[str, Any]) -> None:
    is_platform_funded = "promo_minor" in case
    reserved = [Reserved(case["free_seconds"], is_platform_funded)] if case["free_seconds"] else []
    bill = rating.bill(tariff_of(case), int(case["joined_seconds"] * 1000), 10**6, reserved)
    assert {
        "billable_seconds": bill.billable_seconds,
        "free_seconds_used": bill.free_used_seconds,
        "talk_minor": bill.talk_minor,
        "fee_minor": bill.fee_minor,
        "cost_minor": bill.cost_minor,
        "operator_talk_minor": bill.component(TALK).operator_minor,
        "platform_talk_minor": bill.component(TALK).platform_minor,
        "operator_fee_minor": bill.component(CONNECT_FEE).operator_minor,
        "platform_fee_minor": bill.component(CONNECT_FEE).platform_minor,
        **({"promo_minor": bill.promo_minor} if is_platform_funded else {}),
    }.items() <= case.items()


@pytest.mark.parametrize("case", [c for c in CASES if "affordable_seconds" in c], ids=lambda c: c["source"])
def test_known_lengths(case: dict[str, Any]) -> None:
    found = rating.affordable(tariff_of(case), case["available_minor"], case["free_seconds"], 10**6)
    assert found == case["affordable_seconds"]


def test_the_table_was_read() -> None:
    assert len(CASES) == sum(("joined_seconds" in c) + ("affordable_seconds" in c) for c in CASES) >= 23


@settings(deadline=None, max_examples=60)  # the second model walks
@given(tariffs, st.integers(0, 1_000_000), st.integers(0, 1000), packages)
def test_a_bill_agrees_with_the_second_model(
    tariff: Tariff, joined_ms: int, granted: int, reserved: list[Reserved]
) -> None:
    bill = rating.bill(tariff, joined_ms, granted, reserved)
    expected = rules.outcome(
        terms_of(tariff),
        joined_ms,
        granted,
        [rules.Package(r.seconds, r.is_platform_funded) for r in reserved],
    )
    assert (bill.charged_seconds, bill.billable_seconds) == (expected.charged, expected.billable)
    assert (bill.free_used_seconds, list(bill.used_seconds)) == (expected.free, expected.used)
    assert (bill.talk_minor, bill.fee_minor, bill.promo_minor) == (
        expected.talk,
        expected.fee,
        expected.promo,
    )
    assert (bill.operator_minor, bill.platform_minor) == (expected.operator, expected.platform)


@settings(deadline=None, max_examples=60)
@given(tariffs, st.integers(-100, 3000), st.integers(0, 300), st.integers(0, 700))
def test_the_affordable_length_agrees_with_the_second_model(
    tariff: Tariff, cents: int, free: int, cap: int
) -> None:
    assert rating.affordable(tariff, cents, free, cap) == rules.affordable(terms_of(tariff), cents, free, cap)


@given(tariffs, st.integers(0, 10**9), st.integers(0, 10**6), st.integers(0, 10**7))
def test_the_affordable_length_is_the_longest(tariff: Tariff, cents: int, free: int, cap: int) -> None:
    longest = rating.affordable(tariff, cents, free, cap)
    step = tariff.next_increment_seconds if longest else tariff.first_increment_seconds
    assert longest == rating.grid_floor(tariff, longest) <= cap
    assert not longest or rating.cost(tariff, longest, free) <= cents
    assert longest + step > cap or rating.cost(tariff, longest + step, free) > cents


@given(tariffs, st.integers(0, 3000), st.integers(0, 3000), st.integers(0, 900))
def test_the_hold_covers_every_second_of_the_grant(
    tariff: Tariff, granted: int, second: int, free: int
) -> None:
    granted = rating.grid_floor(tariff, granted)
    second = min(second, granted)
    assert rating.cost(tariff, second, free) <= rating.cost(tariff, granted, free)


@given(tariffs, st.integers(0, 3000), st.integers(0, 900))
def test_a_longer_call_never_costs_less_and_more_free_minutes_never_cost_more(
    tariff: Tariff, seconds: int, free: int
) -> None:
    assert rating.cost(tariff, seconds, free) <= rating.cost(tariff, seconds + 1, free)
    assert rating.cost(tariff, seconds, free + 1) <= rating.cost(tariff, seconds, free)


@given(tariffs, st.integers(0, 3_000_000), packages)
def test_a_call_is_never_charged_beyond_its_grant(
    tariff: Tariff, joined_ms: int, reserved: list[Reserved]
) -> None:
    granted = rating.grid_floor(tariff, 600)
    free = sum(part.seconds for part in reserved)
    bill = rating.bill(tariff, joined_ms, granted, reserved)
    assert bill.charged_seconds <= granted
    assert bill.billable_seconds <= granted
    assert bill.cost_minor <= rating.cost(tariff, granted, free)


@given(
    tariffs,
    st.integers(0, 100_000),
    st.integers(0, 900),
    st.lists(st.integers(1, 89), min_size=1, max_size=40),
)
def test_grants_lead_a_call_to_the_end_of_the_money_and_not_beyond(
    tariff: Tariff, cents: int, free: int, waits: list[int]
) -> None:
    """However late within the time left it asks, the call gets all that can be paid, step by step."""
    assume(rating.affordable(tariff, cents, free, 7200) > 0)
    affordable, steps = rating.affordable(tariff, cents, free, 7200), GrantSteps()
    grant, elapsed = first_grant(tariff, affordable, steps), 0
    for wait in waits:
        if grant.is_final:
            break
        elapsed = max(
            elapsed, min(grant.granted_seconds, grant.granted_seconds - steps.ask_ahead_seconds + wait)
        )
        following = next_grant(tariff, elapsed, grant.granted_seconds, affordable, steps)
        assert following.granted_seconds > grant.granted_seconds
        assert following.granted_seconds == rating.grid_floor(tariff, following.granted_seconds)
        grant = following
    assert grant.granted_seconds <= affordable
    assert grant.is_final == (grant.granted_seconds == affordable)


def test_a_grant_looks_at_most_three_minutes_ahead() -> None:
    tariff = Tariff(rate_per_minute_minor=399, connect_fee_minor=99)
    assert first_grant(tariff, 1260, GrantSteps()).granted_seconds == 180
    assert next_grant(tariff, 90, 180, 1260, GrantSteps()).granted_seconds == 240
    assert next_grant(tariff, 119, 180, 1260, GrantSteps()).granted_seconds == 240
    assert next_grant(tariff, 120, 240, 1260, GrantSteps()).granted_seconds == 300


def test_a_grant_never_shrinks_and_knows_when_it_is_the_last() -> None:
    tariff = Tariff(rate_per_minute_minor=399, connect_fee_minor=99)
    assert next_grant(tariff, 90, 180, 120, GrantSteps()) == Grant(180, is_final=True)
    assert first_grant(tariff, 180, GrantSteps()) == Grant(180, is_final=True)
    assert next_grant(tariff, 90, 180, 240, GrantSteps()) == Grant(240, is_final=True)


def test_an_operator_s_own_free_minutes_pay_nothing_and_the_platform_s_are_rounded_once() -> None:
    tariff = Tariff(rate_per_minute_minor=399, connect_fee_minor=99, promo_pay_bps=5000)
    reserved = [Reserved(60, is_platform_funded=False), Reserved(60, True), Reserved(60, True)]
    bill = rating.bill(tariff, 150_000, 600, reserved)
    assert bill.used_seconds == (60, 60, 60)
    assert bill.promo_seconds == 120
    assert bill.promo_minor == 319  # 0.8 * 3.99 * 2 * 0.5 = 3.192, not twice 1.60


@pytest.mark.parametrize(("seconds", "minutes"), [(0, 0), (60, 1), (90, 1.5), (100, 1.67), (3600, 60)])
def test_minutes_are_whole_where_they_can_be(seconds: int, minutes: float) -> None:
    assert rating.as_minutes(seconds) == minutes
    assert isinstance(rating.as_minutes(seconds), int) == (seconds % 60 == 0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"rate_per_minute_minor": -1},
        {"first_increment_seconds": 0},
        {"operator_share_bps": 10_001},
        {"promo_pay_bps": -1},
    ],
)
def test_a_tariff_that_makes_no_sense_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"never negative|at least|between"):
        Tariff(**{"rate_per_minute_minor": 1, "connect_fee_minor": 1, **wrong})


@given(tariff=tariffs, reserved=packages, span=st.tuples(st.integers(1, 2000), st.integers(0, 900)))
def test_the_tables_of_a_ticking_timer_say_the_same_as_the_rule_in_every_second(
    tariff: Tariff, reserved: list[Reserved], span: tuple[int, int]
) -> None:
    start, end = span[0], sum(span)
    free = sum(part.seconds for part in reserved)
    costs = rating.cost_steps(tariff, free, start, end)
    earned = rating.earned_steps(tariff, reserved, start, end)
    for second in range(start, end + 1):
        assert at_second(costs, second) == rating.cost(tariff, second, free)
        bill = rating.bill(tariff, second * 1000, second, reserved)
        assert at_second(earned, second) == bill.operator_minor


def at_second(steps: rating.Steps, second: int) -> int:
    """What a timer shows: the last entry that has begun."""
    return [minor for begins, minor in steps if begins <= second][-1]


def test_a_grant_of_three_minutes_is_a_table_of_three_entries() -> None:
    tariff = Tariff(rate_per_minute_minor=399, connect_fee_minor=99)
    assert rating.cost_steps(tariff, 60, 1, 180) == [(1, 99), (61, 99 + 399), (121, 99 + 798)]
    assert rating.cost_steps(tariff, 60, 130, 180) == [(121, 99 + 798)]
    assert rating.cost_steps(Tariff(399, 99, grace_seconds=3), 0, 1, 60) == [(1, 0), (3, 498)]
