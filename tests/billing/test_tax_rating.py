"""Tax in the pure rules: exact rates, one rounding for each part of a bill, on top or included, never in the operator's share."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing import rating
from billing.fees import fees_of, taxed_on_top
from billing.outcome import CONNECT_FEE, TALK
from billing.rating import Reserved, Tariff
from billing.taxes import MILLIONTHS, taxed
from core.money import round_half_up, split

RATE = 138_750  # 13.875 %

tariffs = st.builds(
    Tariff,
    rate_per_minute_minor=st.integers(0, 2000),
    connect_fee_minor=st.integers(0, 500),
    first_increment_seconds=st.sampled_from([1, 6, 30, 60]),
    next_increment_seconds=st.sampled_from([1, 6, 60]),
    grace_seconds=st.integers(0, 30),
    operator_share_bps=st.integers(0, 10_000),
    promo_pay_bps=st.integers(0, 10_000),
    promo_max_rate_minor=st.sampled_from([0, 1, 150, 3000]),
    fee_covered_by=st.sampled_from(["", "platform", "operator"]),
    talk_tax_millionths=st.integers(0, 300_000),
    fee_tax_millionths=st.integers(0, 300_000),
    is_tax_included=st.booleans(),
)


def test_13_875_percent_is_exact_and_rounded_once_for_the_whole_talk() -> None:
    tariff = Tariff(399, 99, talk_tax_millionths=RATE, fee_tax_millionths=RATE)
    bill = rating.bill(tariff, 127_000, 600)
    talk, fee = bill.component(TALK), bill.component(CONNECT_FEE)
    assert (talk.amount_minor, talk.operator_minor, talk.platform_minor, talk.tax_minor) == (
        1197,
        958,
        239,
        166,
    )
    assert (fee.amount_minor, fee.operator_minor, fee.platform_minor, fee.tax_minor) == (99, 79, 20, 14)
    assert bill.cost_minor == 1197 + 99 + 166 + 14
    # Minute by minute it would be 3 × 55 = 165.
    assert round_half_up(399 * RATE, MILLIONTHS) * 3 != talk.tax_minor


def test_included_tax_leaves_the_price_and_is_taken_out_before_the_split() -> None:
    tariff = Tariff(399, 99, talk_tax_millionths=RATE, fee_tax_millionths=RATE, is_tax_included=True)
    bill = rating.bill(tariff, 127_000, 600)
    talk = bill.component(TALK)
    assert bill.cost_minor == 1197 + 99
    assert talk.tax_minor == round_half_up(1197 * RATE, MILLIONTHS + RATE) == 146
    assert talk.operator_minor == split(1197 - 146, 8000).operator_minor
    assert rating.talk(tariff, 127, 0) == 1197


def test_without_rates_every_bill_is_what_it_was() -> None:
    assert Tariff(399, 99).talk_tax_millionths == Tariff(399, 99).fee_tax_millionths == 0
    assert rating.bill(Tariff(399, 99), 127_000, 600).tax_minor == 0


@pytest.mark.parametrize("is_included", [True, False])
def test_fees_are_told_as_they_are_priced(is_included: bool) -> None:
    tariff = Tariff(399, 99, fee_tax_millionths=RATE, is_tax_included=is_included)
    assert [fee.amount_minor for fee in fees_of(tariff)] == [99]


def test_the_platform_pays_for_free_minutes_as_if_they_were_paid_ones() -> None:
    tariff = Tariff(400, 0, talk_tax_millionths=250_000, is_tax_included=True)
    paid = rating.bill(tariff, 60_000, 600)
    free = rating.bill(tariff, 60_000, 600, [Reserved(60, is_platform_funded=True)])
    assert (paid.operator_minor, free.operator_minor) == (256, 256)  # 80 % of 3.20
    assert free.tax_minor == 0


@given(st.integers(0, 10**9), st.integers(0, MILLIONTHS), st.booleans())
def test_the_tax_is_within_half_a_cent_of_what_it_should_be(price: int, rate: int, is_included: bool) -> None:
    both = taxed(price, rate, is_included=is_included)
    assert both.charged_minor == price if is_included else both.net_minor == price
    base = MILLIONTHS + rate if is_included else MILLIONTHS
    assert abs(2 * (both.tax_minor * base - price * rate)) <= base
    assert both.net_minor >= 0
    assert both.tax_minor >= 0


@given(tariffs, st.integers(0, 900), st.integers(0, 20_000), st.integers(0, 300))
def test_what_is_affordable_fits_and_one_increment_more_does_not(
    tariff: Tariff, cap: int, available: int, free: int
) -> None:
    seconds = rating.affordable(tariff, available, free, cap)
    if seconds:
        assert rating.cost(tariff, seconds, free) <= available
    longer = seconds + tariff.next_increment_seconds if seconds else tariff.first_increment_seconds
    if longer <= rating.grid_floor(tariff, cap):
        assert rating.cost(tariff, longer, free) > available


@given(tariffs, st.integers(1, 600_000), st.integers(0, 300))
def test_cost_never_falls_and_the_timer_ends_at_the_bill(tariff: Tariff, joined_ms: int, free: int) -> None:
    bill = rating.bill(tariff, joined_ms, 600, [Reserved(free, is_platform_funded=True)] if free else [])
    steps = rating.cost_steps(tariff, free, 1, 600)
    costs = [minor for _, minor in steps]
    assert costs == sorted(costs)
    shown = [minor for second, minor in steps if second <= bill.charged_seconds][-1]
    assert shown == bill.cost_minor <= rating.cost(tariff, 600, free)


@given(tariffs, st.integers(1, 600_000))
def test_all_that_is_paid_is_somebodys_and_the_operator_has_the_share_of_what_is_not_tax(
    tariff: Tariff, joined_ms: int
) -> None:
    bill = rating.bill(tariff, joined_ms, 600)
    assert bill.cost_minor == bill.operator_minor - bill.promo_minor + bill.platform_minor + bill.tax_minor
    for part in bill.components:
        assert part.operator_minor == split(part.amount_minor, tariff.operator_share_bps).operator_minor


@pytest.mark.parametrize(
    ("talk", "fee", "is_included", "on_top"),
    [
        (1, 1, False, {"talk", "fee"}),
        (1, 0, False, {"talk"}),
        (0, 1, False, {"fee"}),
        (1, 1, True, set()),
        (0, 0, False, set()),
    ],
)
def test_a_voice_says_plus_tax_where_it_comes_on_top(
    talk: int, fee: int, is_included: bool, on_top: set[str]
) -> None:
    tariff = Tariff(399, 99, talk_tax_millionths=talk, fee_tax_millionths=fee, is_tax_included=is_included)
    assert taxed_on_top(tariff) == on_top
