"""The life of a call as a table: (status, event) → next status and what to do. Pure.

`ringing` and `answered` never take a status back; whatever ends, ends once. A late, repeated or disordered event
falls on a row that does nothing, so money can only move on the one step from a live status to a final one.
"""

from dataclasses import dataclass
from enum import StrEnum

from telephony.states import FINAL_STATUSES, LIVE_STATUSES, CallStatus, EventState


class Action(StrEnum):
    """What a service does on a step."""

    NOTE = "note"  # remember when it happened
    JOIN = "join"  # both parties joined: charging runs
    GRANT = "grant"  # answer how long it may go on
    ADD_FUNDS = "add_funds"  # charge what was offered
    FINISH = "finish"  # settle what was joined, release what was not
    IGNORE = "ignore"  # too late: answer, change nothing


@dataclass(frozen=True, slots=True)
class Step:
    """Where the call goes and what is done on the way."""

    status: CallStatus
    action: Action


_STATUS, _EVENT = CallStatus, EventState

TABLE: dict[tuple[CallStatus, EventState], Step] = {
    (_STATUS.INITIATED, _EVENT.RINGING): Step(_STATUS.RINGING, Action.NOTE),
    (_STATUS.INITIATED, _EVENT.ANSWERED): Step(_STATUS.RINGING, Action.NOTE),
    (_STATUS.RINGING, _EVENT.RINGING): Step(_STATUS.RINGING, Action.NOTE),
    (_STATUS.RINGING, _EVENT.ANSWERED): Step(_STATUS.RINGING, Action.NOTE),
    (_STATUS.ANSWERED, _EVENT.RINGING): Step(_STATUS.ANSWERED, Action.NOTE),
    (_STATUS.ANSWERED, _EVENT.ANSWERED): Step(_STATUS.ANSWERED, Action.NOTE),
}
for _live in LIVE_STATUSES:
    TABLE[_live, _EVENT.STARTED] = Step(_STATUS.ANSWERED, Action.JOIN)
    # `progress` says that both are joined, even where `started` is still under way.
    TABLE[_live, _EVENT.PROGRESS] = Step(_STATUS.ANSWERED, Action.GRANT)
    # A key counts between two who talk, so before that it is none of ours.
    TABLE[_live, _EVENT.ADD_FUNDS] = Step(_live, Action.IGNORE)
    TABLE[_live, _EVENT.ENDED] = Step(_STATUS.ENDED, Action.FINISH)
    TABLE[_live, _EVENT.BUSY] = Step(_STATUS.BUSY, Action.FINISH)
    TABLE[_live, _EVENT.NO_ANSWER] = Step(_STATUS.NO_ANSWER, Action.FINISH)
    TABLE[_live, _EVENT.FAILED] = Step(_STATUS.FAILED, Action.FINISH)
TABLE[_STATUS.ANSWERED, _EVENT.ADD_FUNDS] = Step(_STATUS.ANSWERED, Action.ADD_FUNDS)
for _final in FINAL_STATUSES:
    for _event in EventState:
        TABLE[_final, _event] = Step(_final, Action.IGNORE)


def step(status: CallStatus, event: EventState) -> Step:
    """The one answer to `event` in `status`; the table has every pair."""
    return TABLE[status, event]
