"""When to ask, to warn and to end: the pure rules of a grant."""

from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.adapter.grants import DueAction, DueKind, Grants


def due(grants: Grants, until: float) -> list[tuple[DueKind, float, int]]:
    """Everything that becomes due up to `until`, each acted upon at once."""
    found = []
    while (moment := grants.next()).at <= until:
        found.append((moment.what, moment.at, moment.mark))
        if moment.what is DueKind.END:
            break
        grants.done(moment, moment.at)
    return found


def test_an_open_grant_asks_when_ninety_are_left_and_every_five_seconds_after() -> None:
    grants = Grants(180, False, 90, (60, 15))
    assert due(grants, 104) == [(DueKind.ASK, 90, 0), (DueKind.ASK, 95, 0), (DueKind.ASK, 100, 0)]


def test_more_time_stops_the_asking_until_ninety_are_left_of_it() -> None:
    grants = Grants(180, False, 90, (60, 15))
    due(grants, 90)
    assert grants.take(270, False, 90.1)
    assert grants.next() == DueAction(DueKind.ASK, 180)


def test_the_plan_says_when_to_ask_and_to_warn() -> None:
    assert due(Grants(180, False, 30, (15,)), 152) == [(DueKind.ASK, 150, 0)]
    assert due(Grants(180, True, 30, (90,)), 180) == [
        (DueKind.ASK, 90, 90), (DueKind.WARN, 90, 90), (DueKind.ASK, 175, 5), (DueKind.END, 180, 0),
    ]  # fmt: skip


@pytest.mark.parametrize("mark", [90, 120])
def test_a_warning_at_or_before_the_first_question_is_given(mark: int) -> None:
    """Whether the answer makes the grant final, however late it comes, or nobody answers."""
    asked = Grants(300, False, 90, (mark, 15))
    assert asked.next() == DueAction(DueKind.ASK, 300 - mark - 10)
    asked.done(asked.next(), asked.next().at)
    silent = deepcopy(asked)
    assert asked.take(300, True, 300 - mark - 8)
    for grants in (asked, silent):
        assert (DueKind.WARN, 300 - mark, mark) in due(grants, 300)


def test_crumbs_of_time_are_asked_for_every_five_seconds_not_in_a_loop() -> None:
    grants = Grants(60, False, 90, ())
    asked = []
    for elapsed in range(60):
        while grants.next().what is DueKind.ASK and grants.next().at <= elapsed:
            asked.append(elapsed)
            grants.done(grants.next(), elapsed)
            grants.take(grants.total + 1, False, elapsed)
    assert asked == list(range(0, 60, 5))


def test_a_final_grant_asks_at_60_15_and_5_left_and_warns_at_the_marks() -> None:
    grants = Grants(100, True, 90, (60, 15))
    assert due(grants, 200) == [
        (DueKind.ASK, 40, 60), (DueKind.WARN, 40, 60), (DueKind.ASK, 85, 15), (DueKind.WARN, 85, 15), (DueKind.ASK, 95, 5),
        (DueKind.END, 100, 0),
    ]  # fmt: skip


def test_a_mark_that_was_past_when_the_grant_became_known_is_not_announced() -> None:
    grants = Grants(180, False, 90, (60, 15))
    assert grants.take(180, True, 140)
    assert [(what, mark) for what, _, mark in due(grants, 180)] == [
        (DueKind.ASK, 15), (DueKind.WARN, 15), (DueKind.ASK, 5), (DueKind.END, 0),
    ]  # fmt: skip


def test_a_longer_final_grant_warns_again() -> None:
    grants = Grants(100, True, 90, (15,))
    due(grants, 86)
    grants.take(130, True, 90)
    assert (DueKind.WARN, 115, 15) in due(grants, 130)


def test_the_end_waits_for_the_limit_in_the_switch() -> None:
    grants = Grants(100, True, 90, (60, 15), applied=60)
    assert grants.next() == DueAction(DueKind.ASK, 40, 60)
    assert due(grants, 200)[-1][:2] == (DueKind.END, 60)


@given(st.lists(st.tuples(st.integers(1, 900), st.booleans()), max_size=8))
def test_the_largest_grant_told_holds_in_any_order(told: list[tuple[int, bool]]) -> None:
    grants = Grants(60, False, 90, (60, 15))
    for total, final in told:
        grants.take(total, final, 0)
    assert grants.total == max(60, *(total for total, _ in told), 60)


@given(st.integers(1, 600), st.booleans(), st.sets(st.integers(1, 600), max_size=4))
def test_everything_ends_exactly_at_the_total_and_nothing_is_due_twice(
    total: int, final: bool, marks: set[int]
) -> None:
    grants = Grants(total, final, 90, tuple(sorted(marks, reverse=True)))
    found = due(grants, 10_000)
    assert found[-1] == (DueKind.END, total, 0)
    assert len(found) == len(set(found))
    assert [at for _, at, _ in found] == sorted(at for _, at, _ in found)


def test_a_chosen_end_is_warned_of_and_ends_the_call_whatever_is_granted() -> None:
    grants = Grants(180, False, 90, (60, 15))
    assert grants.end_by(170.4, 0)
    assert due(grants, 171) == [
        (DueKind.ASK, pytest.approx(110.4), 60), (DueKind.WARN, pytest.approx(110.4), 60),
        (DueKind.ASK, pytest.approx(155.4), 15), (DueKind.WARN, pytest.approx(155.4), 15),
        (DueKind.ASK, pytest.approx(165.4), 5), (DueKind.END, 170.4, 0),
    ]  # fmt: skip
    assert grants.is_closed


def test_a_later_end_or_more_time_moves_no_chosen_end() -> None:
    grants = Grants(180, False, 90, (60, 15))
    grants.end_by(100, 0)
    assert not grants.end_by(120, 10)
    grants.take(600, False, 20)
    assert (grants.end, grants.next().at) == (100, 40)
    assert grants.end_by(50.5, 45)
    assert grants.end == 50.5


def test_a_chosen_end_beyond_the_grant_waits_for_it() -> None:
    grants = Grants(180, False, 90, (60, 15))
    grants.end_by(400, 0)
    assert (grants.end, grants.is_closed) == (180, False)
    grants.take(420, True, 90)
    assert grants.end == 400
