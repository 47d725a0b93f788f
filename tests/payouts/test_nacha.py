"""The bank's file, computed by hand, and judged by two validators that none of us wrote."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from billing.payouts.csv_file import csv_file
from billing.payouts.nacha import Entry, Originator, nacha_file
from billing.payouts.routing import check_digit, is_routing_number
from tests.payouts.validators import judged

ORIGINATOR = Originator(
    bank_routing="021000021", bank_name="Example Bank", company_name="AEIMS", company_id="1234567890"
)
CENT = Entry("011401533", "000123456789", "checking", 1, "Ana Müller", "payout-7")
MOST = Entry("091000019", "9876543210", "savings", 9_999_999, "=SUM(A1) O'Neil & Daughters", "payout-12")
AT = datetime(2026, 11, 30, 9, 5, tzinfo=UTC)

# By hand. 01140153 + 09100001 = 10240154; 0.01 + 99,999.99 = 100,000.00.
BY_HAND = [
    "101 02100002112345678902611300905A094101EXAMPLE BANK           AEIMS                          ",
    "5220AEIMS                               1234567890PPDPAYOUT    261130261201   1021000020000001",
    "622011401533000123456789     0000000001PAYOUT-7       ANA MULLER              0021000020000001",
    "6320910000199876543210       0009999999PAYOUT-12       SUM A1  O'NEIL & DAUG  0021000020000002",
    "822000000200102401540000000000000000100000001234567890                         021000020000001",
    "9000001000001000000020010240154000000000000000010000000                                       ",
    *["9" * 94] * 4,
]


def test_the_file_is_the_one_computed_by_hand() -> None:
    text = nacha_file(ORIGINATOR, [CENT, MOST], at=AT, settles_on="261201")
    assert text.split("\r\n") == [*BY_HAND, ""]


def test_the_same_rows_make_the_same_bytes() -> None:
    once, again = (nacha_file(ORIGINATOR, [CENT], at=AT, settles_on="261201") for _ in range(2))
    assert once == again


@pytest.mark.parametrize("count", [1, 5, 6, 7, 16, 17])
def test_blocks_are_filled_with_nines(count: int) -> None:
    lines = nacha_file(ORIGINATOR, [CENT] * count, at=AT, settles_on="261201").split("\r\n")[:-1]
    assert len(lines) % 10 == 0
    control = next(line for line in lines if line.startswith("9") and line != "9" * 94)
    assert int(control[7:13]) * 10 == len(lines)
    assert int(control[13:21]) == count


def test_the_hash_keeps_ten_digits() -> None:
    entries = [MOST] * 1200  # 1,200 times 9,100,001 has eleven digits
    control = [
        line
        for line in nacha_file(ORIGINATOR, entries, at=AT, settles_on="261201").split("\r\n")
        if line[:1] == "8"
    ]
    assert control[0][10:20] == f"{1200 * 9_100_001 % 10**10:010d}"
    assert 1200 * 9_100_001 > 10**10


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount_minor": 0}, {"amount_minor": 10**10}, {"routing": "011401534"}, {"account": "1" * 18}, {"account": ""},
        {"reference": "r" * 16},
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(wrong: dict[str, object]) -> None:
    entry = Entry(**{name: getattr(CENT, name) for name in Entry.__slots__} | wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"entry|digits|characters"):
        nacha_file(ORIGINATOR, [entry], at=AT, settles_on="261201")


def test_routing_numbers_check_themselves() -> None:
    assert is_routing_number("021000021")
    assert check_digit("02100002") == "1"
    assert not is_routing_number("021000022")
    assert not is_routing_number("02100002")
    assert not is_routing_number("０２１０００００２１"[:9])


def test_no_cell_of_the_csv_is_a_formula() -> None:
    rows = csv_file([CENT, MOST], "USD").splitlines()
    assert rows[1] == "payout-7,Ana Müller,011401533,000123456789,checking,0.01,USD"
    assert rows[2].startswith("payout-12,'=SUM(A1)")


@pytest.mark.parametrize("entries", [[CENT], [CENT, MOST], [MOST] * 17], ids=["a cent", "two", "two blocks"])
def test_two_validators_find_nothing(entries: list[Entry], tmp_path: Path) -> None:
    path = tmp_path / "payouts.ach"
    path.write_bytes(nacha_file(ORIGINATOR, entries, at=AT, settles_on="261201").encode("ascii"))
    assert judged(path) == {}


def test_the_validators_find_a_wrong_total(tmp_path: Path) -> None:
    path = tmp_path / "payouts.ach"
    text = nacha_file(ORIGINATOR, [CENT, MOST], at=AT, settles_on="261201")
    path.write_bytes(text.replace("0009999999", "0009999998").encode("ascii"))
    assert set(judged(path)) == {"achlens", "achkit"}
