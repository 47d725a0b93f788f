import json
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import money
from tests.model.rules import nearest

amounts = st.integers(-money.MAX_MINOR, money.MAX_MINOR)


@pytest.mark.parametrize(
    ("numerator", "denominator", "expected"),
    [(1, 2, 1), (-1, 2, -1), (1, 3, 0), (2, 3, 1), (149, 100, 1), (150, 100, 2), (-150, 100, -2), (0, 7, 0)],
)
def test_halves_go_away_from_zero(numerator: int, denominator: int, expected: int) -> None:
    assert money.round_half_up(numerator, denominator) == expected


@given(st.integers(0, 10**18), st.integers(1, 10**9))
def test_rounding_agrees_with_fractions(numerator: int, denominator: int) -> None:
    assert money.round_half_up(numerator, denominator) == nearest(Fraction(numerator, denominator))


@given(st.integers(-(10**18), 10**18), st.integers(1, 10**9))
def test_undoing_an_amount_is_exactly_its_negative(numerator: int, denominator: int) -> None:
    assert money.round_half_up(-numerator, denominator) == -money.round_half_up(numerator, denominator)


def test_a_share_of_nothing_by_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="denominator"):
        money.round_half_up(1, 0)
    with pytest.raises(ValueError, match="share_bps"):
        money.split(100, 10_001)


@given(amounts, st.integers(0, 10_000))
def test_the_parts_of_a_split_add_up_and_lie_within(amount: int, share: int) -> None:
    parts = money.split(amount, share)
    assert parts.operator_minor + parts.platform_minor == amount == parts.amount_minor
    assert abs(Fraction(parts.operator_minor) - Fraction(amount * share, 10_000)) <= Fraction(1, 2)


def test_a_split_takes_the_whole_not_the_minutes() -> None:
    assert money.split(3990, 8000).operator_minor == 3192
    assert 10 * money.split(399, 8000).operator_minor == 3190


@given(amounts)
def test_a_json_number_is_the_exact_amount(amount: int) -> None:
    assert Decimal(json.dumps(money.as_number(amount))) * 100 == amount


@given(amounts)
def test_what_is_shown_in_decimals_reads_back(amount: int) -> None:
    assert money.parse(str(money.as_decimal(amount))) == amount


@pytest.mark.parametrize(
    ("text", "expected"), [("45", 4500), (" 3.99 ", 399), ("-0.5", -50), ("1e2", 10_000)]
)
def test_amounts_are_read(text: str, expected: int) -> None:
    assert money.parse(text) == expected


@pytest.mark.parametrize("text", ["", "abc", "3.999", "NaN", "Infinity", "1e20", "1e999999", "1,5"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(money.MoneyError):
        money.parse(text)


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [(123450, "USD", "$1,234.50"), (-99, "USD", "-$0.99"), (5, "EUR", "€0.05"), (300, "CHF", "3.00 CHF")],
)
def test_amounts_are_shown_as_people_read_them(amount: int, currency: str, expected: str) -> None:
    assert money.format_money(amount, currency) == expected
