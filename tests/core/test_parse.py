"""What is sent as text is read strictly."""

import pytest

from core.errors import Invalid
from core.parse import MAX_ID, checked_reason, whole_number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("7", 7),
        ("007", 7),
        ("100", 100),
        (100, 100),
        ("101", None),
        ("0100", None),
        ("9" * 5000, None),
    ],
)
def test_a_whole_number_is_at_most_what_is_allowed(text: object, number: int | None) -> None:
    assert whole_number(text, most=100) == number


@pytest.mark.parametrize(
    "text", [None, "", " 7", "7\n", "+7", "-7", "1_0", "7.0", "0x7", "٧", "７", "²", True, 1.0]
)
def test_only_ascii_digits_make_a_number(text: object) -> None:
    assert whole_number(text, most=MAX_ID) is None


def test_the_largest_id_is_a_number_and_the_next_is_not() -> None:
    assert whole_number(str(2**63 - 1), most=MAX_ID) == 2**63 - 1
    assert whole_number(str(2**63), most=MAX_ID) is None


def test_a_reason_is_kept_without_blanks_around_it() -> None:
    assert checked_reason("  paid\x00 by check ") == "paid by check"
    assert checked_reason("x" * 300) == "x" * 300


@pytest.mark.parametrize("text", ["", "  ", "\x00", "x" * 301])
def test_no_reason_or_too_long_a_one_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="Enter a reason of at most 300 characters: it is kept with the refund"):
        checked_reason(text, "it is kept with the refund")
