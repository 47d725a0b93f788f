"""Reading Asterisk's event record."""

from pathlib import Path

import pytest

from telephony.adapter.cel import RecordedTalk, load, parse, recorded_talk_of
from telephony.states import Leg

CALL = "call_1750000000_abcdef"


def line(kind: str, second: float, leg: str, extra: str = "", bridge: str = "br", call: str = CALL) -> str:
    if not extra and kind.startswith("BRIDGE"):
        extra = f'{{""bridge_id"":""{call}-{bridge}"",""bridge_technology"":""simple_bridge""}}'
    at = f"2025-06-15 15:06:{second:09.6f}"
    return f'"{kind}","{at}","{call}-{leg}","{call}-cust","PJSIP/carrier-00000001","{extra}","",""\n'


TALK = [
    line("CHAN_START", 0, "cust"),
    line("ANSWER", 1, "cust"),
    line("BRIDGE_ENTER", 10.000250, "cust"),
    line("BRIDGE_ENTER", 10.001500, "op"),
    line("BRIDGE_EXIT", 33.7505, "op"),
    line("HANGUP", 33.751, "op", '{""hangupcause"":16,""hangupsource"":""PJSIP/x"",""dialstatus"":""""}'),
    line("BRIDGE_EXIT", 33.76, "cust"),
    line("HANGUP", 33.77, "cust", '{""hangupcause"":32}'),
]
SECOND = 1_749_999_960  # 2025-06-15 15:06:00 UTC


def test_joined_time_is_from_the_second_entry_to_the_first_exit() -> None:
    talk = recorded_talk_of(CALL, parse(TALK))
    assert talk is not None
    assert talk.joined_at == pytest.approx(SECOND + 10.0015, abs=1e-6)
    assert talk.left_at == pytest.approx(SECOND + 33.7505, abs=1e-6)
    assert (talk.left_first, talk.cause) == (Leg.OPERATOR, 16)


def test_without_an_exit_the_talk_has_no_end() -> None:
    talk = recorded_talk_of(CALL, parse(TALK[:4]))
    assert talk == RecordedTalk(SECOND + 10.0015)


@pytest.mark.parametrize(
    "lines",
    [
        TALK[:3],
        [TALK[2], TALK[2].replace("10.000250", "10.100000")],  # one leg twice
        [line("BRIDGE_ENTER", 10, "cust", bridge="other"), line("BRIDGE_ENTER", 10, "op", bridge="other")],
        [line("BRIDGE_ENTER", 10, "cust"), line("BRIDGE_EXIT", 11, "cust"), line("BRIDGE_ENTER", 12, "op")],
        [],
    ],
)
def test_legs_that_never_were_in_the_bridge_together_never_talked(lines: list[str]) -> None:
    assert recorded_talk_of(CALL, parse(lines)) is None


def test_a_torn_last_line_and_foreign_lines_are_left_out() -> None:
    lines = ["not,a,record\n", '"BRIDGE_ENTER","yesterday","x","y","z","{}"\n', "\n", *TALK[:4], TALK[4][:60]]
    talk = recorded_talk_of(CALL, parse(lines))
    assert talk is not None
    assert talk.left_at is None


def test_a_whisper_channel_in_no_bridge_of_the_call_changes_nothing() -> None:
    lines = [*TALK[:4], line("BRIDGE_ENTER", 20, "snoop-1"), line("BRIDGE_EXIT", 21, "snoop-1"), *TALK[4:]]
    assert recorded_talk_of(CALL, parse(lines)) == recorded_talk_of(CALL, parse(TALK))


def test_the_file_and_the_one_rotated_before_it_are_read_for_the_calls_wanted(tmp_path: Path) -> None:
    other = "call_1750000001_ghijkl"
    cel = tmp_path / "cel.csv"
    (tmp_path / "cel.csv.1").write_text("".join(TALK[:5]))
    cel.write_text("".join([*TALK[5:], *(text.replace(CALL, other) for text in TALK)]))
    assert load(cel, [CALL]) == {CALL: recorded_talk_of(CALL, parse(TALK))}
    assert set(load(cel, [CALL, other, "call_1_nobody"])) == {CALL, other}
    assert load(cel, []) == {}
    assert load(None, [CALL]) == {}
    assert load(tmp_path / "nowhere.csv", [CALL]) == {}


def hold(kind: str, written: float, leg: str, second: float) -> str:
    return line(kind, written, "hold-1b", f'{{""extra"":""{leg} {SECOND + second:.3f}""}}')


def test_a_record_that_cannot_be_read_knows_nothing_and_is_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "cel.csv").mkdir()
    assert load(tmp_path / "cel.csv", ["call_1_aaaaaa"]) == {}
    assert "Asterisk's record cel.csv cannot be read" in caplog.text


@pytest.mark.parametrize(
    ("holds", "held_second"),
    [
        ([hold("AEIMS_HOLD", 20.01, "operator", 20)], 20),
        ([hold("AEIMS_HOLD", 33.9, "operator", 33)], 33),  # written after the end, begun before it
        ([hold("AEIMS_HOLD", 20.01, "operator", 20), hold("AEIMS_UNHOLD", 22.01, "operator", 22)], None),
        ([hold("AEIMS_UNHOLD", 22.01, "operator", 22), hold("AEIMS_HOLD", 22.02, "operator", 20)], None),
        ([hold("AEIMS_HOLD", 20.01, "customer", 20)], None),
        ([hold("AEIMS_HOLD", 34.01, "operator", 34)], None),
        ([line("AEIMS_HOLD", 20.01, "hold-1b", '{""extra"":""operator""}')], None),
    ],
)
def test_a_hold_counts_while_it_is_the_operators_and_on_at_the_end(
    holds: list[str], held_second: int | None
) -> None:
    talk = recorded_talk_of(CALL, parse([*TALK[:4], *holds, *TALK[4:]]))
    assert talk is not None
    assert talk.held_at == (None if held_second is None else SECOND + held_second)
    paid_seconds = (33.7505 if held_second is None else held_second) - 10.0015
    assert talk.paid_ms(30) == pytest.approx(paid_seconds * 1000, abs=1)
