"""Which numbers may be dialled."""

import pytest

from core.dialing import may_dial

US = ("+1",)


@pytest.mark.parametrize(
    "number", ["+12125550123", "+16135550188", "+17875550111", "+17122340100", "+15105551234"]
)
def test_subscribers_of_the_united_states_and_canada_may_be_dialled(number: str) -> None:
    assert may_dial(number, US)


@pytest.mark.parametrize(
    "number",
    [
        "+19005550123",  # premium rate
        "+12129765555",  # pay-per-call exchange
        "+12129505555",  # carrier access
        "+15005550123", "+15335550123", "+17005550123", "+17105550123",  # of no place
        "+12425550123", "+18095550123", "+18765550123", "+16585550123", "+14415550123",  # abroad under +1
        "+12125551212",  # directory assistance
        "+12129115555", "+12124115555", "+14115550123",  # service codes
        "+18005550100", "+18335550100", "+18445550100", "+18555550100", "+18665550100", "+18775550100", "+18885550100",
        "+18225550100", "+18815550100",  # toll-free, now and later
        "+17124320100", "+16417150100", "+16054750100",  # access stimulation
        "+12990000000", "+12125", "+11125550123", "+12121550123", "+1212555012", "+121255501234",
    ],
)  # fmt: skip
def test_numbers_that_cost_extra_or_belong_to_nobody_are_refused(number: str) -> None:
    assert not may_dial(number, US)


@pytest.mark.parametrize(
    "number",
    [
        "12125550123", "0012125550123", "+1 2125550123", "+1-212-555-0123", "+1(212)5550123", " +12125550123",
        "+12125550123 ", "+12125550123\n", "+1212555012x", "tel:+12125550123", "+1212555\u0660123", "\uff0b12125550123",
        "+12125550123@elsewhere", "+12125550123,,9", "+12125550123;ext=1", "+", "", "+0123456789",
        "++12125550123", "+12125550123&PJSIP/9",
    ],
)  # fmt: skip
def test_only_strict_e164_is_a_number(number: str) -> None:
    assert not may_dial(number, US, ("+1999", "+12"))


def test_prefixes_decide_and_malformed_ones_match_nothing() -> None:
    assert may_dial("+442071234567", ("+1", "+44"))
    assert not may_dial("+442071234567", US)
    for malformed in ("", "1", "+", "+1.*", "44", "*"):
        assert not may_dial("+12125550123", (malformed,))
        assert not may_dial("+12125550123", (), (malformed,))
    assert not may_dial("+12125550123", ())


def test_a_prefix_with_a_minus_sign_is_refused_all_the_same() -> None:
    but_one_exchange = (*US, "-1712550")
    assert not may_dial("+17125501234", but_one_exchange)
    assert may_dial("+17125511234", but_one_exchange)
    assert not may_dial("+17125511234", ("-1712550",)), "it allows nothing by itself"
    assert may_dial("+17125501234", (*US, "-", "-1x"))


def test_laboratory_numbers_pass_only_where_a_laboratory_is_configured() -> None:
    assert may_dial("+19991010000", US, ("+1999",))
    assert may_dial("+199910100001234", (), ("+1999",))
    assert not may_dial("+19991010000", US)
