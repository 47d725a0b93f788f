"""The table of `make bench`: what counts as met, and that it is Markdown."""

from tools.bench.table import Goal, markdown


def test_a_least_is_met_from_there_upwards() -> None:
    assert Goal(what="rate", measured=0.4, wanted=0.4, is_least=True).is_met
    assert not Goal(what="rate", measured=0.39, wanted=0.4, is_least=True).is_met


def test_a_most_is_met_up_to_there() -> None:
    assert Goal(what="wait", measured=25, wanted=25).is_met
    assert not Goal(what="wait", measured=25.1, wanted=25).is_met


def test_what_has_no_goal_is_neither_met_nor_missed() -> None:
    assert Goal(what="events", measured=0.2, unit=" ×").line() == "| events |  | 0.2 × |  |  |"


def test_a_missed_goal_stands_out_in_the_table() -> None:
    table = markdown([Goal(what="wait", measured=31.456, wanted=25, unit=" ms", beside="a limit")])
    assert table.splitlines() == [
        "| what | goal | measured | met | beside |",
        "|---|---|---|---|---|",
        "| wait | ≤ 25 ms | 31.5 ms | **no** | a limit |",
    ]


def test_what_is_not_there_is_said_and_is_no_failure() -> None:
    row = Goal(
        what="settle / peer", wanted=2, is_least=True, unit=" ×", absent="not installed:\nno | network"
    )
    assert row.line() == "| settle / peer | ≥ 2 × | not installed: no / network |  |  |"
    assert not row.is_met
    assert not row.failed
