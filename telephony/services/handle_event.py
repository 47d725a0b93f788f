"""Apply one event of the adapter: the machine says what it means, one transaction makes it true, one answer goes back.

Prices never come from an event. A repeat (same `event_id`) is answered as the first time; an event that comes too
late changes nothing (`machine.py`).
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from billing.rating import as_minutes
from billing.services.extend_grant import GRANT_FIELDS, extend_grant
from core import clock
from core.db import transactional
from core.money import as_number
from telephony import wire
from telephony.event_reads import locked_call
from telephony.event_writes import event_columns, write_event, write_noted, write_progress
from telephony.events import AddFunds, Answered, Ended, Fact, Progress, Ringing, Started
from telephony.machine import Action, Step, step
from telephony.models import Call
from telephony.push import push_call
from telephony.services.add_funds_in_call import charge_offered, offer_funds
from telephony.services.correct_ended_call import ActualOutcome, correct_ended_call
from telephony.services.end_call import end_call
from telephony.services.obey_do_not_call import obey_do_not_call
from telephony.services.tell_ring import tell_ring_later
from telephony.snapshots import legacy_breakdown
from telephony.states import CallStatus, EndReason, EventState, Leg

_OPERATOR_RINGS = "operator_ringing_at"
_TIME_FIELDS = {
    (EventState.RINGING, Leg.CUSTOMER): "ringing_at",
    (EventState.RINGING, Leg.OPERATOR): _OPERATOR_RINGS,
    (EventState.ANSWERED, Leg.CUSTOMER): "customer_answered_at",
    (EventState.ANSWERED, Leg.OPERATOR): "operator_answered_at",
}


@transactional
def handle_event(event: wire.CallEvent) -> dict[str, Any]:
    """Apply `event` and return the answer to send (amounts as decimal numbers).

    Raises UnknownCall, and Conflict for an `event_id` of another call.
    """
    call, earlier_answer = locked_call(event.call_id, event.event_id if is_kept(event) else "")
    if earlier_answer is not None:
        return earlier_answer
    return apply_event(call, event)


def is_kept(event: wire.CallEvent) -> bool:
    """Whether the event is written down; a question is not."""
    return event.state != EventState.PROGRESS


def apply_event(call: Call, event: wire.CallEvent) -> dict[str, Any]:
    """Apply an event that was not here before to its call, which is locked and read as `event_reads` does; the answer."""
    fact, decision = event.fact, step(CallStatus(call.status), event.state)
    if decision.action is not Action.IGNORE:
        call.heard_at = clock.now()
    if isinstance(fact, Ended) and decision.action is Action.FINISH:
        _finish(call, fact, event, decision.status)
        obey_do_not_call(call, fact, at=clock.now())
        return _ending_answer(call)
    answer = _apply(call, fact, event.ts, decision)
    if decision.action in (Action.NOTE, Action.JOIN):
        write_noted(call, event_columns(call, event, answer))
    elif is_kept(event):
        write_event(event_columns(call, event, answer))
    return answer


def _apply(call: Call, fact: Fact, ts: float, decision: Step) -> dict[str, Any]:
    """Do what the machine says, short of ending the call. `ts` is the event's own time, epoch seconds."""
    more: dict[str, Any] = {}
    match fact:
        case Ringing() | Answered() if decision.action is Action.NOTE:
            _note(call, fact, ts, decision.status)
        case Started() if decision.action is Action.JOIN:
            _join(call, ts if fact.joined_at is None else fact.joined_at)
        case Progress() if decision.action is Action.GRANT:
            more = _grant(call, fact, ts)
        case AddFunds() if decision.action is Action.ADD_FUNDS:
            more = _said(charge_offered(call, clock.now()))
        case Ended():
            if call.end_reason == EndReason.UNHEARD:
                _correct(call, fact, ts)
            obey_do_not_call(call, fact, at=clock.now())  # also where the call was given up meanwhile
            return _ending_answer(call)
    return _grant_answer(call, fact) | more


def _note(call: Call, fact: Ringing | Answered, ts: float, status: CallStatus) -> None:
    field = _time_field(fact)
    if field and getattr(call, field) is None:
        setattr(call, field, _time(ts))
    if status != call.status or field:
        call.status = status
        call.sequence += 1
        push_call(call)
    if field == _OPERATOR_RINGS:
        tell_ring_later(call)


def _time_field(fact: Ringing | Answered) -> str | None:
    if isinstance(fact, Answered) and fact.has_no_key:
        return "customer_no_key_at" if fact.leg is Leg.CUSTOMER else None
    return None if fact.leg is None else _TIME_FIELDS[fact.state, fact.leg]


def _join(call: Call, joined_at: float) -> None:
    """Both are joined since `joined_at` (epoch seconds); known once, it stays."""
    if call.joined_at is None:
        call.joined_at = _time(joined_at)
        call.status = CallStatus.ANSWERED
        call.sequence += 1
        push_call(call)
        tell_ring_later(call)


def _grant(call: Call, fact: Progress, ts: float) -> dict[str, Any]:
    """`progress` asks for how long in all, and before a warning what to offer. Joined it is, or the adapter would not ask."""
    if call.joined_at is None:
        _join(call, ts - (fact.elapsed_ms or 0) / 1000)
    elapsed_ms = fact.elapsed_ms
    if elapsed_ms is None:
        assert call.joined_at is not None
        elapsed_ms = max(0, int((_time(ts) - call.joined_at).total_seconds() * 1000))
    call.known_joined_ms = max(call.known_joined_ms, elapsed_ms)
    terms = call.terms
    grant = extend_grant(authorization_id=terms.pk, elapsed_seconds=elapsed_ms // 1000)
    if (grant.granted_seconds, grant.is_final) != (terms.granted_seconds, terms.is_final):
        terms.refresh_from_db(fields=GRANT_FIELDS)
        call.sequence += 1
        push_call(call, with_wallet=True)
    _show_hold(call, fact)
    write_progress(call)
    offered = offer_funds(call, clock.now()) if fact.may_offer else []
    return {"add_funds": offered} if offered else {}


def _show_hold(call: Call, fact: Progress) -> None:
    """Who has the other on hold, for both pages; an older adapter does not say."""
    if fact.held_by is None or call.held_by == (held_by := ",".join(fact.held_by)):
        return
    call.held_by = held_by
    call.sequence += 1
    push_call(call)


def _said(sounds: list[str]) -> dict[str, Any]:
    return {"say": sounds} if sounds else {}


def _finish(call: Call, fact: Ended, event: wire.CallEvent, status: CallStatus) -> None:
    ts = event.ts
    joined_ms = joined_ms_of(call, fact, ts)
    if joined_ms is not None:
        call.joined_at = call.joined_at or _time(fact.span.joined_at or ts)
        # Not the date in the event: that clock may have been stepped since it told of the joining.
        call.left_at = call.joined_at + timedelta(milliseconds=joined_ms)
    end_call(
        call,
        status=status,
        reason=fact.why or _default_reason(status, joined_ms),
        ended_by=fact.ended_by,
        joined_ms=joined_ms,
        at=_time(ts),
        needs_review=joined_ms is not None and fact.state != EventState.ENDED,
        make_event=lambda: event_columns(call, event, _ending_answer(call)),
    )


def _correct(call: Call, fact: Ended, ts: float) -> None:
    """The adapter's word on a call that was given up: what the sweeper could only presume."""
    joined_ms = joined_ms_of(call, fact, ts)
    status = step(CallStatus.ANSWERED, fact.state).status
    is_presumed = fact.why in (None, EndReason.UNHEARD)
    outcome = ActualOutcome(
        status=status,
        reason=_default_reason(status, joined_ms) if is_presumed or fact.why is None else fact.why,
        ended_by=fact.ended_by,
        joined_ms=joined_ms,
        joined_at=None if fact.span.joined_at is None else _time(fact.span.joined_at),
        left_at=_time(fact.span.left_at or ts),
    )
    correct_ended_call(call, outcome, because="The phone system reported the end of the call late.")


def joined_ms_of(call: Call, fact: Ended, ts: float) -> int | None:
    """How long the two were joined, by the event's own account; by its time and ours where it gives none."""
    if fact.span.joined_ms is not None:
        return fact.span.joined_ms
    joined_at = fact.span.joined_at
    if joined_at is None and call.joined_at is not None:
        joined_at = call.joined_at.timestamp()
    return None if joined_at is None else max(0, round(((fact.span.left_at or ts) - joined_at) * 1000))


def _grant_answer(call: Call, fact: Fact) -> dict[str, Any]:
    answer: dict[str, Any] = {"ok": True, "tracking": call.call_id}
    if isinstance(fact, Started | Progress):
        answer["granted_seconds"] = call.terms.granted_seconds if call.is_live else 0
        answer["final"] = call.terms.is_final if call.is_live else True
        if call.terms.ends_at is not None:
            answer["ends_at"] = call.terms.ends_at.timestamp()
    return answer


def _ending_answer(call: Call) -> dict[str, Any]:
    figures = legacy_breakdown(call)
    tax = {"tax": as_number(figures["tax_minor"])} if figures["tax_minor"] else {}
    return {
        "ok": True,
        "tracking": call.call_id,
        "duration_seconds": figures["duration_seconds"],
        "total_minutes": as_minutes(figures["billable_seconds"]),
        "free_minutes_used": as_minutes(figures["free_used_seconds"]),
        "paid_minutes": as_minutes(figures["billable_seconds"] - figures["free_used_seconds"]),
        "total_amount": as_number(figures["talk_minor"]),
        "operator_amount": as_number(figures["operator_minor"]),
        "platform_amount": as_number(figures["platform_minor"]),
        "connect_fee": as_number(figures["fee_minor"]),
        **tax,
        "charged": as_number(figures["charged_minor"]),
    }


def _default_reason(status: CallStatus, joined_ms: int | None) -> EndReason:
    if joined_ms is not None:
        return EndReason.HANGUP
    return EndReason.CUSTOMER_CANCELLED if status is CallStatus.ENDED else EndReason.OPERATOR_UNREACHABLE


def _time(ts: float) -> datetime:
    return datetime.fromtimestamp(ts, UTC)
