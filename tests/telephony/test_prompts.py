"""What the parties of a call are told, sound by sound."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.aliases import FIRST_WORDS, LAST_WORDS
from telephony import sounds
from telephony.call_plan import parse_originate
from telephony.prompts import LARGEST_MINOR, customer_prompts, operator_prompts, warning_prompts


def _price(rate_minor: int) -> list[str]:
    """What is said between "the price is" and "we are connecting you"."""
    return customer_prompts("Velvet", "Luna", rate_minor, {})["connecting"][3:-1]


def test_before_a_key_neither_side_hears_a_name_or_a_number() -> None:
    customer = customer_prompts("Velvet", "Luna", 399, {"connect fee": 99})["ask"]
    operator = operator_prompts("Amber Heron 482", "Velvet", 399, True)["ask"]
    texts = [sounds.neutral_sounds()[name.split("|")[0]].text for name in (*customer, *operator)]
    assert texts == [
        "Press 1 for the call you asked for.",
        "To stop calls to this phone, press 9.",
        "You have a call. Press 1 to hear more.",
        "To stop calls to this phone, press 9.",
    ]


def test_after_their_1_the_customer_hears_who_at_what_price_and_fee() -> None:
    velvet, luna = sounds.you_are_calling("Velvet"), sounds.operator_name("Luna")
    assert (velvet.text, luna.text) == ("This is Velvet. You are calling", "Luna.")
    assert customer_prompts("Velvet", "Luna", 399, {"connect fee": 99})["connecting"] == [
        f"content/{velvet.content_id}|neutral/you-are-calling",
        f"content/{luna.content_id}|neutral/your-operator",
        "common/the-price-is",
        "numbers/3",
        "common/dollars",
        "numbers/99",
        "common/cents-a-minute",
        "common/connect-fee",
        "numbers/99",
        "common/cents",
        "common/connecting",
    ]
    unasked = customer_prompts("Velvet", "Luna", 399, {"connect fee": 99}, confirms=False)
    assert unasked["connecting"] == ["common/connecting"]


def test_the_operators_greeting_comes_after_the_price_and_never_before_a_1() -> None:
    told = customer_prompts("Velvet", "Luna", 399, {"connect fee": 99}, greeting="a" * 32)
    assert told["connecting"][-3:] == ["common/cents", f"content/{'a' * 32}", "common/connecting"]
    assert not [name for name in told["ask"] if "a" * 32 in name]
    unasked = customer_prompts("Velvet", "Luna", 399, {}, confirms=False, greeting="a" * 32)
    assert unasked["connecting"] == ["common/connecting"]


def test_after_their_1_the_operator_hears_who_the_brand_the_price_and_whether_free_minutes_pay() -> None:
    brand = f"{sounds.call_from('Velvet').content_name}|neutral/call-from"
    caller = [
        "common/new-caller|common/the-caller-is",
        "alias/amber",
        "alias/heron",
        "numbers/4",
        "numbers/82",
    ]
    price = [brand, "numbers/4", "common/dollars-a-minute"]
    offers = [
        operator_prompts("Amber Heron 482", "Velvet", 400, pays)["offer"] for pays in (None, True, False)
    ]
    free = [[], ["common/free-minutes-paid"], ["common/free-minutes-unpaid"]]
    choice = "common/press-1-or-2|common/press-1-to-accept"
    assert offers == [[*caller, *price, *more, choice] for more in free]


def test_the_operator_hears_whether_they_have_talked_before_also_from_a_node_with_older_sounds() -> None:
    first = [
        operator_prompts("Owl 405", "Velvet", 400, None, is_returning=returning)["offer"][0].split("|")
        for returning in (False, True)
    ]
    texts = [[sounds.neutral_sounds()[name].text for name in names] for names in first]
    assert texts == [["A new caller,", "The caller is"], ["A returning caller,", "The caller is"]]


def test_tax_on_top_is_said_after_the_price_that_it_is_on() -> None:
    both = customer_prompts("Velvet", "Luna", 400, {"connect fee": 99}, plus_tax={"talk", "fee"})[
        "connecting"
    ]
    price = ["common/the-price-is", "numbers/4", "common/dollars-a-minute", "common/plus-tax"]
    fee = ["common/connect-fee", "numbers/99", "common/cents", "common/plus-tax"]
    assert [name.rpartition("|")[2] for name in both[2:-1]] == [*price, *fee]
    talk = customer_prompts("Velvet", "Luna", 400, {"connect fee": 99}, plus_tax={"talk"})["connecting"]
    assert talk.count("common/plus-tax") == 1
    offer = operator_prompts("Owl 405", "Velvet", 400, None, {"talk", "fee"})["offer"]
    assert offer[-3:-1] == ["common/dollars-a-minute", "common/plus-tax"]


def test_every_alias_can_be_said() -> None:
    assert {*sounds.ALIAS_WORDS} == {*FIRST_WORDS, *LAST_WORDS}
    assert operator_prompts("Owl 405", "Velvet", 400, None)["offer"][1:5] == [
        "alias/owl", "numbers/4", "numbers/0", "numbers/5",
    ]  # fmt: skip
    assert operator_prompts("Zoë", "Velvet", 400, None)["offer"][1] == "common/a-customer"


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
    assert (
        "common/connect-fee" not in customer_prompts("Velvet", "Luna", 399, {"connect fee": 0})["connecting"]
    )


def test_a_fee_without_a_sound_of_its_own_is_named_by_content() -> None:
    prompts = customer_prompts("Velvet", "Luna", 399, {"connect fee": 99, "service charge": 5})
    assert prompts["connecting"][-6:-1] == [
        "numbers/99", "common/cents", f"{sounds.fee('service charge').content_name}|common/fee", "numbers/5", "common/cents",
    ]  # fmt: skip
    assert sounds.fee("extra fee").text == "There is also an extra fee of"


def test_every_failure_has_its_words_and_a_general_one_stands_behind_them() -> None:
    prompts = customer_prompts("Velvet", "Luna", 399, {"connect fee": 99})
    assert prompts["operator_no_answer"] == ["common/operator-no-answer"]
    assert prompts["failed"] == ["common/failed"]
    assert warning_prompts([90, 15]) == {
        "warning_90": [f"{sounds.warning(90).content_name}|common/warning"],
        "warning_15": ["common/warning-15"],
    }


def test_a_sound_is_named_by_its_content() -> None:
    assert sounds.operator_name("Luna") == sounds.operator_name("Luna")
    names = {
        sounds.operator_name(name).content_name for name in ("Luna", "Luna", "luna", "Violet", "a|b/../c")
    }
    assert len(names) == 4
    assert all(re.fullmatch(r"content/[0-9a-f]{32}", name) for name in names)
    paused = sounds.Sound("one", joined=False)
    assert paused.content_id != sounds.Sound("one", joined=True).content_id


def test_no_neutral_sound_names_anybody_and_every_failure_ends_with_the_promise() -> None:
    texts = {name: sound.text for name, sound in sounds.neutral_sounds().items()}
    assert not [text for text in texts.values() if "flirts" in text.lower()]
    failures = [name for name in texts if name.startswith("common/operator-") or name == "common/failed"]
    assert len(failures) == 8
    assert all(texts[name].endswith("You were not charged.") for name in failures)


@pytest.mark.parametrize("minor", [-1, LARGEST_MINOR + 1])
def test_an_amount_that_cannot_be_said_is_refused(minor: int) -> None:
    with pytest.raises(ValueError, match="cannot say"):
        customer_prompts("Velvet", "Luna", minor, {})


_amounts = st.integers(0, LARGEST_MINOR)


@given(
    brand=st.text(min_size=1, max_size=80),
    rate=_amounts,
    fee=_amounts,
    free=st.sampled_from([None, True, False]),
)
def test_every_prompt_ends_with_a_neutral_sound_and_passes_the_wire(
    brand: str, rate: int, fee: int, free: bool | None
) -> None:
    customer, operator = (
        customer_prompts(brand, brand, rate, {"connect fee": fee, "other fee": fee}),
        operator_prompts(brand, brand, rate, free),
    )
    names = {name for prompt in [*customer.values(), *operator.values()] for name in prompt}
    assert {name.split("|")[-1] for name in names} <= set(sounds.neutral_sounds())
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
