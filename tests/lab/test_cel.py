"""The tests' own reading of the event record."""

from pathlib import Path

from tests.lab import cel

BRIDGE = "call_1_abc123-br"


def _row(kind: str, second: str, channel: str, bridge: str = BRIDGE) -> str:
    extra = f'{{""bridge_id"":""{bridge}""}}' if kind.startswith("BRIDGE") else ""
    return f'"{kind}","2026-01-02 03:04:{second}","{channel}","a","PJSIP/carrier-01","{extra}","",""\n'


def _record(tmp_path: Path, *rows: str) -> Path:
    file = tmp_path / "cel.csv"
    file.write_text("".join(rows))
    return file


def test_joined_time_runs_from_the_second_entry_to_the_first_exit(tmp_path: Path) -> None:
    file = _record(
        tmp_path,
        _row("BRIDGE_ENTER", "05.000000", "a"),
        _row("BRIDGE_ENTER", "05.500000", "x", "other-br"),
        _row("BRIDGE_ENTER", "06.250001", "b"),
        _row("BRIDGE_EXIT", "07.000000", "x", "other-br"),
        _row("BRIDGE_EXIT", "08.500000", "b"),
        _row("BRIDGE_EXIT", "09.000000", "a"),
    )
    joined = cel.joined(file, BRIDGE)
    assert joined is not None
    assert joined.microseconds == 2_249_999


def test_a_call_whose_end_was_not_recorded_has_none(tmp_path: Path) -> None:
    file = _record(tmp_path, _row("BRIDGE_ENTER", "05.000000", "a"), _row("BRIDGE_ENTER", "06.000000", "b"))
    joined = cel.joined(file, BRIDGE)
    assert joined is not None
    assert joined.microseconds is None


def test_one_leg_alone_was_never_joined(tmp_path: Path) -> None:
    file = _record(tmp_path, _row("BRIDGE_ENTER", "05.000000", "a"), _row("BRIDGE_EXIT", "06.000000", "a"))
    assert cel.joined(file, BRIDGE) is None


def test_a_line_still_being_written_is_left_out(tmp_path: Path) -> None:
    file = _record(tmp_path, _row("CHAN_START", "05.000000", "a"), '"BRIDGE_ENT')
    assert [line.kind for line in cel.read(file)] == ["CHAN_START"]
