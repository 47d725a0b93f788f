"""What the parties of a call are told, sound by sound."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.asterisk.make_prompts import BRANDS, catalogue
from telephony.call_plan import parse_originate
from telephony.prompts import LARGEST_MINOR, customer_prompts, operator_prompts, warning_prompts


def _price(rate_minor: int) -> list[str]:
    """What is said between "the price is" and "press 1"."""
    return customer_prompts("flirts", 22, rate_minor, 0)["ask"][3:-1]


def test_the_customer_hears_who_at_what_price_and_fee_and_is_asked_for_1() -> None:
    assert customer_prompts("flirts", 22, 399, 99)["ask"] == [
        "flirts/you-are-calling",
        "operators/22|flirts/your-operator",
        "flirts/the-price-is",
        "numbers/3",
        "common/dollars",
        "numbers/99",
        "common/cents-a-minute",
        "flirts/connect-fee",
        "numbers/99",
        "common/cents",
        "flirts/press-1-to-connect",
    ]


def test_the_operator_hears_the_brand_the_price_and_whether_free_minutes_pay() -> None:
    price = ["nycflirts/call-from-brand", "numbers/4", "common/dollars-a-minute"]
    assert operator_prompts("nycflirts", 400, None) == {"ask": [*price, "common/press-1-to-accept"]}
    assert operator_prompts("nycflirts", 400, True)["ask"][3] == "common/free-minutes-paid"
    assert operator_prompts("nycflirts", 400, False)["ask"][3] == "common/free-minutes-unpaid"


@pytest.mark.parametrize(
    ("minor", "said"),
    [
        (0, "numbers/0 common/cents-a-minute"),
        (1, "numbers/1 common/cent-a-minute"),
        (99, "numbers/99 common/cents-a-minute"),
        (100, "numbers/1 common/dollar-a-minute"),
        (101, "numbers/1 common/dollar numbers/1 common/cent-a-minute"),
        (250, "numbers/2 common/dollars numbers/50 common/cents-a-minute"),
        (10_000, "numbers/1 common/hundred common/dollars-a-minute"),
        (12_345, "numbers/1 common/hundred numbers/23 common/dollars numbers/45 common/cents-a-minute"),
        (125_000, "numbers/12 common/hundred numbers/50 common/dollars-a-minute"),
    ],
)
def test_prices_are_said_as_people_say_them(minor: int, said: str) -> None:
    assert _price(minor) == said.split()


def test_a_fee_of_nothing_is_not_mentioned() -> None:
    assert "flirts/connect-fee" not in customer_prompts("flirts", 22, 399, 0)["ask"]


def test_every_failure_has_its_words_and_a_general_one_stands_behind_them() -> None:
    prompts = customer_prompts("flirts", 22, 399, 99)
    assert prompts["operator_no_answer"] == ["flirts/operator-no-answer"]
    assert prompts["failed"] == ["flirts/failed"]
    assert warning_prompts([90, 15]) == {
        "warning_90": ["common/warning-90"],
        "warning_15": ["common/warning-15"],
    }


@pytest.mark.parametrize("slug", ["", "Flirts", "a/b", "a|b", "../x"])
def test_a_slug_that_is_no_sound_name_is_refused(slug: str) -> None:
    with pytest.raises(ValueError, match="slug"):
        customer_prompts(slug, 1, 399, 99)


@pytest.mark.parametrize("minor", [-1, LARGEST_MINOR + 1])
def test_an_amount_that_cannot_be_said_is_refused(minor: int) -> None:
    with pytest.raises(ValueError, match="cannot say"):
        customer_prompts("flirts", 1, minor, 99)


_amounts = st.integers(0, LARGEST_MINOR)


@given(
    brand=st.sampled_from(sorted(BRANDS)),
    rate=_amounts,
    fee=_amounts,
    free=st.sampled_from([None, True, False]),
)
def test_every_sound_that_can_be_named_is_made_and_passes_the_wire(
    brand: str, rate: int, fee: int, free: bool | None
) -> None:
    customer, operator = customer_prompts(brand, 22, rate, fee), operator_prompts(brand, rate, free)
    named = {sound for sounds in [*customer.values(), *operator.values()] for sound in sounds}
    assert {choice for sound in named for choice in sound.split("|")} <= set(catalogue({22: "Luna"}))
    leg = {"number": "+12125550147", "caller_id": "+18005550199", "ring_seconds": 20, "confirm": True}
    plan = {
        "call_id": "call_1_abcdef",
        "account_id": "1",
        "operator_id": 22,
        "customer": leg | {"prompts": customer},
        "operator": leg | {"prompts": operator},
        "granted_seconds": 180,
        "final": False,
        "not_after": 1_800_000_000.0,
    }
    assert parse_originate(json.dumps(plan).encode()).customer.prompts == customer
