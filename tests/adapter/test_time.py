"""Two clocks and what they make of a call's length. Pure."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.adapter.call_store import CallRecord
from telephony.adapter.cel import RecordedTalk
from telephony.adapter.event_clock import EventClock
from telephony.adapter.joined_time import measure_joined_time, reconstruct
from telephony.states import Leg

AT = 1_750_000_000.0
HOUR = 3600.0


def ticking(clock: EventClock, start: float, end: float) -> None:
    for quarter in range(int(start * 4), int(end * 4) + 1):
        clock.tick(quarter / 4)


class TestPlacingAnEvent:
    def test_the_usual_delay_is_taken_off(self) -> None:
        clock = EventClock()
        clock.place(AT, 100.0)
        clock.place(AT + 1, 101.001)
        assert clock.place(AT + 2, 102.4) == pytest.approx(102.0, abs=0.002)

    def test_an_event_read_after_a_pause_is_placed_where_it_belongs(self) -> None:
        clock = EventClock()
        ticking(clock, 0, 100)
        clock.place(AT, 100.0)
        assert clock.place(AT + 20, 180.0) == pytest.approx(120.0), "before the first tick after the pause"
        clock.tick(180.0)
        assert clock.place(AT + 30, 180.2) == pytest.approx(130.0), "and just after it"

    def test_a_stepped_clock_is_not_a_delay(self) -> None:
        for step in (HOUR, -HOUR):
            clock = EventClock()
            ticking(clock, 0, 100)
            clock.place(AT, 100.0)
            ticking(clock, 100, 110)
            assert clock.place(AT + 10 + step, 110.0) == pytest.approx(110.0, abs=0.01)
            assert clock.place(AT + 12 + step, 112.0) == pytest.approx(112.0, abs=0.01)

    @given(st.lists(st.tuples(st.floats(0, 10), st.floats(0, 1.5)), min_size=1, max_size=30))
    def test_no_event_is_placed_in_the_future_or_before_its_time(
        self, steps: list[tuple[float, float]]
    ) -> None:
        clock, happened, last_read = EventClock(), 0.0, 0.0
        for wait, delay in steps:
            happened += wait
            last_read = max(last_read, happened + delay)
            placed = clock.place(AT + happened, last_read)
            assert placed <= last_read
            assert last_read - placed <= 2.0 + 1e-6


class TestTheSpan:
    def test_asterisks_times_are_the_measure(self) -> None:
        found = measure_joined_time(AT, AT + 12.345, 12_400, 12_400)
        assert (found.joined_ms, found.clock_difference_ms) == (12_345, 0)

    @pytest.mark.parametrize("step", [HOUR, -HOUR, 2.1, -2.1])
    def test_beyond_two_seconds_the_monotonic_clock_wins_and_the_difference_is_told(
        self, step: float
    ) -> None:
        found = measure_joined_time(AT, AT + 60 + step, 60_000, 60_000)
        assert found.joined_ms == 60_000
        assert found.clock_difference_ms == round(abs(step) * 1000)
        assert found.left_at == AT + 60

    @given(st.integers(-10_000, 100_000), st.integers(0, 90_000), st.integers(0, 10_000))
    def test_the_result_is_never_negative_and_never_far_outside_the_bounds(
        self, by_asterisk: int, least: int, width: int
    ) -> None:
        found = measure_joined_time(AT, AT + by_asterisk / 1000, least, least + width)
        assert found.joined_ms >= 0
        assert least - 2000 <= found.joined_ms <= least + width + 2000
        assert round((found.left_at - found.joined_at) * 1000) == found.joined_ms


def record(**changes: Any) -> CallRecord:
    joined: dict[str, Any] = {"joined_at": AT, "joined_mono": 100.0, "alive_mono": 130.0, "boot": "b"}
    return CallRecord(
        "call_1750000000_abcdef",
        "17",
        22,
        granted=180,
        final=True,
        warn_at=[],
        warnings={},
        accepted_at=AT,
        **(joined | changes),
    )


class TestReconstruction:
    @pytest.mark.parametrize(
        ("talk", "why", "ended_by", "joined_ms"),
        [
            (RecordedTalk(AT, AT + 41.5, Leg.CUSTOMER, 16), "hangup", "customer", 41_500),
            (RecordedTalk(AT, AT + 41.5, Leg.OPERATOR, None), "hangup", "operator", 41_500),
            (RecordedTalk(AT, AT + 41.5, Leg.OPERATOR, 44), "media_lost", "network", 11_500),
            (RecordedTalk(AT, AT + 180.02, Leg.OPERATOR, 16), "credit_exhausted", "platform", 180_020),
            (RecordedTalk(AT, AT + 183.01, Leg.OPERATOR, 16), "safety_limit", "platform", 183_010),
            (RecordedTalk(AT), "switch_lost", "network", 30_000),
            (None, "switch_lost", "network", 30_000),
        ],
    )
    def test_the_record_says_when_and_why(
        self, talk: RecordedTalk | None, why: str, ended_by: str, joined_ms: int
    ) -> None:
        found, ending = reconstruct(record(), talk, 1000.0, "b")
        assert (ending.why, ending.ended_by, found.joined_ms) == (why, ended_by, joined_ms)

    def test_without_a_record_the_journal_knows_the_hold(self) -> None:
        found, _ = reconstruct(record(holds={"operator": [AT + 21.5, 121.5]}), None, 1000.0, "b")
        assert (found.joined_ms, found.unpaid_ms) == (21_500, 8_500)

    def test_who_asked_for_the_end_is_who_ended_it(self) -> None:
        asked = record(asked_by="staff", asked_why="staff_ended")
        _, ending = reconstruct(asked, RecordedTalk(AT, AT + 40, Leg.OPERATOR, 16), 1000.0, "b")
        assert (ending.why, ending.ended_by) == ("staff_ended", "staff")

    @pytest.mark.parametrize(("step", "joined_ms"), [(HOUR, 60_000), (-HOUR, 30_000)])
    def test_a_stepped_record_is_bounded_by_what_the_monotonic_clock_allows(
        self, step: float, joined_ms: int
    ) -> None:
        found, _ = reconstruct(record(), RecordedTalk(AT, AT + 45 + step, Leg.OPERATOR, 16), 160.0, "b")
        assert found.joined_ms == joined_ms
        assert found.clock_difference_ms > 3_000_000

    def test_after_a_boot_of_the_host_its_monotonic_clock_bounds_nothing_above(self) -> None:
        found, _ = reconstruct(record(), RecordedTalk(AT, AT + 100, Leg.OPERATOR, 16), 5.0, "another")
        assert found.joined_ms == 100_000

    def test_a_joining_that_only_the_record_saw_counts(self) -> None:
        unseen = record(joined_at=None, joined_mono=None, alive_mono=None, boot="")
        found, _ = reconstruct(unseen, RecordedTalk(AT + 1, AT + 3, Leg.OPERATOR, 16), 200.0, "b")
        assert (found.joined_at, found.joined_ms) == (AT + 1, 2000)

    def test_a_call_that_was_never_joined_has_no_span(self) -> None:
        with pytest.raises(ValueError, match="never joined"):
            reconstruct(record(joined_at=None, joined_mono=None), None, 200.0, "b")
