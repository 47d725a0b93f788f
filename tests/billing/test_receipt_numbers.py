"""Short numbers of receipts: stable, unique, and a slip of the finger is noticed."""

import itertools
from collections.abc import Iterator

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from billing.receipt_numbers import (
    MistypedReceiptNumber,
    ReceiptNumber,
    ReceiptOf,
    looks_like_receipt_number,
    read_receipt_number,
    receipt_number,
    shuffle_by,
)
from core.parse import MAX_ID

KEY = "a key of receipts that only the tests know"


@pytest.fixture(params=["", KEY], ids=["in order", "shuffled"], autouse=True)
def _key(request: pytest.FixtureRequest) -> Iterator[None]:
    shuffle_by(request.param)
    yield
    shuffle_by(settings.RECEIPT_KEY)


numbers = st.builds(ReceiptNumber, st.sampled_from(ReceiptOf), st.integers(1, MAX_ID))


@pytest.mark.parametrize(
    ("of", "number", "text"),
    [
        (ReceiptOf.FUNDS, 4821, "F-4821-71"),
        (ReceiptOf.CALL, 4821, "C-4821-55"),
        (ReceiptOf.GIFT, 7, "G-0007-33"),
        (ReceiptOf.FUNDS, 1_204_821, "F-1204821-24"),
    ],
)
def test_known_numbers(of: ReceiptOf, number: int, text: str) -> None:
    """Given out before there was a key, they are found with one, too."""
    assert read_receipt_number(text) == ReceiptNumber(of, number)
    shuffle_by("")
    assert receipt_number(of, number) == text


def test_shuffled_numbers_have_eight_digits_in_no_order_and_each_its_own() -> None:
    shuffle_by(KEY)
    made = [receipt_number(ReceiptOf.FUNDS, number) for number in range(1, 2001)]
    digits = [int(text.split("-")[1]) for text in made]
    assert len(set(digits)) == 2000
    assert {len(str(number)) for number in digits} == {8}
    rising = sum(one < two for one, two in itertools.pairwise(digits))
    assert 900 < rising < 1100, "as many steps down as up"
    ends = [1, 89_999_999, 90_000_000, 900_089_999_999, 900_090_000_000, MAX_ID]
    assert [len(receipt_number(ReceiptOf.CALL, number)) - 5 for number in ends] == [8, 8, 12, 12, 20, 20]
    shuffle_by("another")
    assert receipt_number(ReceiptOf.FUNDS, 1) != made[0]


@given(numbers)
def test_what_is_written_is_read_again_however_it_is_typed(number: ReceiptNumber) -> None:
    text = str(number)
    for typed in (
        text,
        text.lower(),
        text.replace("-", ""),
        text.replace("-", " "),
        f" {text.replace('-', '–')} ",
    ):
        assert looks_like_receipt_number(typed)
        assert read_receipt_number(typed) == number


@given(numbers, st.data())
def test_one_wrong_digit_or_letter_is_noticed(number: ReceiptNumber, data: st.DataObject) -> None:
    text = str(number).replace("-", "")
    place = data.draw(st.integers(0, len(text) - 1))
    others = set("ABCDEFGHIJKLMNOPQRSTUVWXYZ" if place == 0 else "0123456789") - {text[place]}
    wrong = text[:place] + data.draw(st.sampled_from(sorted(others))) + text[place + 1 :]
    with pytest.raises(MistypedReceiptNumber):
        read_receipt_number(wrong)


@given(numbers, st.data())
def test_two_swapped_digits_are_noticed(number: ReceiptNumber, data: st.DataObject) -> None:
    text = str(number).replace("-", "")
    place = data.draw(st.integers(1, len(text) - 2))
    swapped = text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    if swapped != text:
        with pytest.raises(MistypedReceiptNumber):
            read_receipt_number(swapped)


@given(numbers)
def test_a_digit_left_out_or_a_zero_too_many_is_noticed(number: ReceiptNumber) -> None:
    text = str(number)
    for wrong in (text[:-1], text[:2] + text[3:], text.replace("-", "-0", 1)):
        with pytest.raises(MistypedReceiptNumber):
            read_receipt_number(wrong)


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        number = read_receipt_number(text)
    except MistypedReceiptNumber:
        return
    assert looks_like_receipt_number(text)
    assert receipt_number(number.of, number.id)


@pytest.mark.parametrize(
    "text", ["", "F", "4821-77", "call_1_abcdef", "ada@example.test", "ACH 48213", "F-4821-7x"]
)
def test_other_texts_do_not_look_like_one(text: str) -> None:
    assert not looks_like_receipt_number(text)


def test_there_is_no_number_of_nothing() -> None:
    with pytest.raises(ValueError, match="not an id"):
        receipt_number(ReceiptOf.CALL, 0)
