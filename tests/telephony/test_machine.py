"""The life of a call as a table: every order, repetition and loss of up to five events, all of them."""

import itertools

import pytest

from telephony.machine import TABLE, Action, step
from telephony.states import ENDINGS, FINAL_STATUSES, LIVE_STATUSES, CallStatus, EventState

FORWARD = {CallStatus.INITIATED: 0, CallStatus.RINGING: 1, CallStatus.ANSWERED: 2} | dict.fromkeys(
    FINAL_STATUSES, 3
)


def test_the_table_answers_every_event_in_every_status_and_nothing_else() -> None:
    assert set(TABLE) == set(itertools.product(CallStatus, EventState))


def test_every_sequence_of_up_to_five_events_ends_at_most_once_and_never_goes_back() -> None:
    walked = 0
    for length in range(1, 6):
        for events in itertools.product(EventState, repeat=length):
            status, finished = CallStatus.INITIATED, 0
            for event in events:
                taken = step(status, event)
                assert FORWARD[taken.status] >= FORWARD[status]
                assert not (finished and (taken.action is not Action.IGNORE or taken.status != status))
                finished += taken.action is Action.FINISH
                status = taken.status
            endings = [event for event in events if event in ENDINGS]
            assert finished == min(1, len(endings))
            assert (status in FINAL_STATUSES) == bool(endings)
            if endings:
                assert status == endings[0].value
            walked += 1
    assert walked == 9 + 9**2 + 9**3 + 9**4 + 9**5


@pytest.mark.parametrize("status", sorted(LIVE_STATUSES))
def test_both_joined_means_answered_wherever_the_call_stood(status: CallStatus) -> None:
    assert step(status, EventState.STARTED).status is CallStatus.ANSWERED
    assert step(status, EventState.PROGRESS).status is CallStatus.ANSWERED


@pytest.mark.parametrize("status", sorted(FINAL_STATUSES))
@pytest.mark.parametrize("event", list(EventState))
def test_what_is_over_stays_over(status: CallStatus, event: EventState) -> None:
    assert step(status, event).action is Action.IGNORE
    assert step(status, event).status is status
