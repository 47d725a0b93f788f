"""How long two parties were joined: one rule for a call seen to its end and for one reconstructed. Pure.

Asterisk's event times are the measure. The monotonic clock checks them: where the two differ by more than two
seconds a date was stepped, the monotonic clock wins and the difference is reported (docs/design.md section 5).
"""

from dataclasses import dataclass, replace
from typing import Self

from telephony.adapter import end_reasons
from telephony.adapter.call_store import CallRecord
from telephony.adapter.cel import RecordedTalk
from telephony.adapter.end_reasons import Ending
from telephony.states import EndedBy, EndReason, EventState, Leg

TOLERANCE_MS = 2000


@dataclass(frozen=True, slots=True)
class JoinedTime:
    """Joined time: epoch seconds of both ends, whole milliseconds between them, and how far the clocks were apart.

    `unpaid_ms` came after it: both were in the bridge still, on hold or in silence.
    """

    joined_at: float
    left_at: float
    joined_ms: int
    clock_difference_ms: int = 0
    unpaid_ms: int = 0

    def without(self, unpaid_ms: int) -> Self:
        """The same, ended by so much earlier; never before it began."""
        unpaid_ms = min(max(unpaid_ms, 0), self.joined_ms)
        joined_ms = self.joined_ms - unpaid_ms
        return replace(
            self, left_at=self.joined_at + joined_ms / 1000, joined_ms=joined_ms, unpaid_ms=unpaid_ms
        )


def measure_joined_time(joined_at: float, left_at: float, least_ms: int, most_ms: int) -> JoinedTime:
    """The joined time by Asterisk's clock, unless the monotonic clock rules it out.

    `least_ms` and `most_ms` bound the truth by the monotonic clock; for a call seen to its end they are equal.
    """
    by_asterisk = round((left_at - joined_at) * 1000)
    if least_ms - TOLERANCE_MS <= by_asterisk <= most_ms + TOLERANCE_MS:
        return JoinedTime(joined_at, joined_at + max(by_asterisk, 0) / 1000, max(by_asterisk, 0))
    truth = max(least_ms if by_asterisk < least_ms else most_ms, 0)
    return JoinedTime(joined_at, joined_at + truth / 1000, truth, abs(by_asterisk - truth))


def reconstruct(
    call: CallRecord, talk: RecordedTalk | None, now_mono: float, boot: str
) -> tuple[JoinedTime, Ending]:
    """Joined time and ending of a call whose end was not seen, from the journal and Asterisk's own record.

    Without a recorded exit the call is charged to the last moment both parties were known to be joined. Raises
    ValueError for a call that was never joined.
    """
    joined_at = call.joined_at if call.joined_at is not None else talk.joined_at if talk else None
    if joined_at is None:
        raise ValueError(f"{call.call_id} was never joined")
    least_ms, most_ms = _bounds(call, now_mono, boot)
    if talk is None or talk.left_at is None:
        known = measure_joined_time(joined_at, joined_at + least_ms / 1000, least_ms, least_ms)
        return known.without(_held_ms(call, talk, known)), end_reasons.switch_lost_while_joined()
    duration = measure_joined_time(joined_at, talk.left_at, least_ms, most_ms)
    held_ms = _held_ms(call, talk, duration)
    ending = _ending(call, talk, duration.joined_ms, held_ms)
    return duration.without(max(held_ms, talk.silent_ms(call.silence))), ending


def _held_ms(call: CallRecord, talk: RecordedTalk | None, duration: JoinedTime) -> int:
    """How long the operator had the customer on hold when it ended, by Asterisk's record or else our journal."""
    held_at = talk.held_at if talk else None
    if held_at is None and Leg.OPERATOR in call.holds:
        held_at = call.holds[Leg.OPERATOR][0]
    return 0 if held_at is None else max(0, round((duration.left_at - held_at) * 1000))


def _bounds(call: CallRecord, now_mono: float, boot: str) -> tuple[int, int]:
    if call.joined_mono is None:
        return 0, 86_400_000
    least = round(((call.alive_mono or call.joined_mono) - call.joined_mono) * 1000)
    # On another boot of the host the monotonic clock began anew and says nothing about now.
    return least, round((now_mono - call.joined_mono) * 1000) if call.boot == boot else 86_400_000


def _ending(call: CallRecord, talk: RecordedTalk, joined_ms: int, held_ms: int) -> Ending:
    if request := call.hangup_request():
        return end_reasons.hangup_requested_while_joined(*request)
    if held_ms >= call.operator_hold * 1000:
        return end_reasons.held_too_long(Leg.OPERATOR)
    if talk.is_media_lost:
        return Ending(EventState.ENDED, EndReason.MEDIA_LOST, EndedBy.NETWORK, talk.left_first)
    if call.ends_at is not None and joined_ms >= (call.ends_at - talk.joined_at) * 1000:
        return end_reasons.time_is_up(is_final=True)
    if joined_ms >= (call.granted + 2) * 1000:
        return Ending(EventState.ENDED, EndReason.SAFETY_LIMIT, EndedBy.PLATFORM)
    if joined_ms >= call.granted * 1000:
        return end_reasons.time_is_up(is_final=call.final)
    ended_by = end_reasons.party(talk.left_first) if talk.left_first else EndedBy.NETWORK
    return Ending(EventState.ENDED, EndReason.HANGUP, ended_by, talk.left_first)
