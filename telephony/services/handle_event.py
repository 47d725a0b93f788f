"""One event of the adapter in: the machine says what it means, one transaction makes it true, one answer goes back.

Prices never come from an event. A repeat (same `event_id`) is answered as the first time; an event that comes too
late changes nothing (`machine.py`).
"""

from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from billing.push import push_wallet
from billing.rating import as_minutes
from billing.services.extend_grant import extend_grant
from core import clock
from core.db import transactional
from core.errors import Conflict
from core.money import as_number
from telephony import wire
from telephony.errors import UnknownCall
from telephony.machine import Action, step
from telephony.models import Call, CallEvent
from telephony.push import push_call
from telephony.services.correct_ended_call import ActualOutcome, correct_ended_call
from telephony.services.end_call import end_call
from telephony.snapshots import legacy_breakdown
from telephony.states import ENDINGS, CallStatus, EndedBy, EndReason, EventState, Leg

W = TypeVar("W", EndReason, EndedBy)

_NOTED = {
    (EventState.RINGING, Leg.CUSTOMER): "ringing_at",
    (EventState.RINGING, Leg.OPERATOR): "operator_ringing_at",
    (EventState.ANSWERED, Leg.CUSTOMER): "customer_answered_at",
    (EventState.ANSWERED, Leg.OPERATOR): "operator_answered_at",
}


@transactional
def handle_event(event: wire.CallEvent) -> dict[str, Any]:
    """Apply `event` and return the answer to send (amounts as decimal numbers).

    Raises UnknownCall, Conflict for an `event_id` of another call, and wire.WireError where the metadata makes no
    sense.
    """
    call = (
        Call.objects.select_for_update(of=("self",))
        .select_related("operator__user", "customer", "brand", "authorization", "customer_phone")
        .filter(call_id=event.call_id)
        .first()
    )
    if call is None:
        raise UnknownCall("unknown call_id")
    if event.state != EventState.PROGRESS:
        earlier_event = CallEvent.objects.filter(event_id=event.event_id).first()
        if earlier_event is not None:
            if earlier_event.call_id != call.pk:
                raise Conflict("This event_id belongs to another call.", code="event_of_another_call")
            return dict(earlier_event.answer)
    answer = _apply(call, event)
    if event.state != EventState.PROGRESS:
        CallEvent.objects.create(
            event_id=event.event_id,
            call=call,
            sequence=event.sequence,
            state=event.state,
            ts=_time(event.ts),
            metadata=dict(event.metadata),
            session_id=event.session_id or "",
            answer=answer,
        )
    return answer


def _apply(call: Call, event: wire.CallEvent) -> dict[str, Any]:
    decided = step(CallStatus(call.status), event.state)
    if decided.action is not Action.IGNORE:
        call.heard_at = clock.now()
    if decided.action is Action.NOTE:
        _note(call, event, decided.status)
    elif decided.action is Action.JOIN:
        _join(call, event)
    elif decided.action is Action.GRANT:
        return _grant(call, event)
    elif decided.action is Action.FINISH:
        _finish(call, event, decided.status)
    elif call.end_reason == EndReason.UNHEARD and event.state in ENDINGS:
        _correct(call, event)
    return _ending_answer(call) if event.state in ENDINGS else _grant_answer(call, event)


def _note(call: Call, event: wire.CallEvent, status: CallStatus) -> None:
    field = _NOTED.get((event.state, _leg(event)))
    if field and getattr(call, field) is None:
        setattr(call, field, _time(event.ts))
    if status != call.status or field:
        call.status = status
        call.sequence += 1
        push_call(call)
    call.save()


def _join(call: Call, event: wire.CallEvent, elapsed_ms: int = 0) -> None:
    """Both are joined, since `joined_at` or, where the event does not say, `elapsed_ms` before it."""
    if call.joined_at is None:
        call.joined_at = _time(wire.seconds_of(event.metadata, "joined_at") or event.ts - elapsed_ms / 1000)
        call.status = CallStatus.ANSWERED
        call.sequence += 1
        push_call(call)
    call.save()


def _grant(call: Call, event: wire.CallEvent) -> dict[str, Any]:
    """`progress` asks: for how long in all? Joined it is, or the adapter would not ask."""
    elapsed_ms = wire.milliseconds_of(event.metadata, "elapsed_ms")
    if call.joined_at is None:
        _join(call, event, elapsed_ms or 0)
    if elapsed_ms is None:
        assert call.joined_at is not None
        elapsed_ms = max(0, int((_time(event.ts) - call.joined_at).total_seconds() * 1000))
    call.known_joined_ms = max(call.known_joined_ms, elapsed_ms)
    authorization = call.authorization
    assert authorization is not None, "a live call was authorized"
    grant = extend_grant(authorization_id=authorization.pk, elapsed_seconds=elapsed_ms // 1000)
    if (grant.granted_seconds, grant.is_final) != (authorization.granted_seconds, authorization.is_final):
        authorization.granted_seconds, authorization.is_final = grant.granted_seconds, grant.is_final
        call.sequence += 1
        push_call(call)
        push_wallet(call.customer_id)
    call.save(update_fields=["heard_at", "known_joined_ms", "sequence"])
    return _grant_answer(call, event)


def _finish(call: Call, event: wire.CallEvent, status: CallStatus) -> None:
    joined_ms = _joined_ms(call, event)
    if joined_ms is not None:
        call.joined_at = call.joined_at or _time(wire.seconds_of(event.metadata, "joined_at") or event.ts)
        # Not the date in the event: that clock may have been stepped since it told of the joining.
        call.left_at = call.joined_at + timedelta(milliseconds=joined_ms)
    end_call(
        call,
        status=status,
        reason=_word(EndReason, event.metadata.get("why"), _default_reason(status, joined_ms)),
        ended_by=_word(EndedBy, event.metadata.get("ended_by"), EndedBy.NETWORK),
        joined_ms=joined_ms,
        at=_time(event.ts),
        needs_review=joined_ms is not None and event.state != EventState.ENDED,
    )


def _correct(call: Call, event: wire.CallEvent) -> None:
    """The adapter's word on a call that was given up: it tells what the sweeper could only presume."""
    joined_ms = _joined_ms(call, event)
    joined_at = wire.seconds_of(event.metadata, "joined_at")
    status = step(CallStatus.ANSWERED, event.state).status
    reason = _word(EndReason, event.metadata.get("why"), EndReason.UNHEARD)
    truth = ActualOutcome(
        status=status,
        reason=_default_reason(status, joined_ms) if reason is EndReason.UNHEARD else reason,
        ended_by=_word(EndedBy, event.metadata.get("ended_by"), EndedBy.NETWORK),
        joined_ms=joined_ms,
        joined_at=None if joined_at is None else _time(joined_at),
        left_at=_time(wire.seconds_of(event.metadata, "left_at") or event.ts),
    )
    correct_ended_call(call, truth, because="The phone system reported the end of the call late.")


def _joined_ms(call: Call, event: wire.CallEvent) -> int | None:
    """How long the two were joined, by the event's own account; by its time and ours where it gives none."""
    earlier_event = wire.milliseconds_of(event.metadata, "joined_ms")
    if earlier_event is not None:
        return earlier_event
    joined = wire.seconds_of(event.metadata, "joined_at")
    left_at = wire.seconds_of(event.metadata, "left_at") or event.ts
    if joined is None and call.joined_at is not None:
        joined = call.joined_at.timestamp()
    return None if joined is None else max(0, round((left_at - joined) * 1000))


def _grant_answer(call: Call, event: wire.CallEvent) -> dict[str, Any]:
    answer: dict[str, Any] = {"ok": True, "tracking": call.call_id}
    if event.state in (EventState.STARTED, EventState.PROGRESS):
        over = not call.is_live or call.authorization is None
        answer["granted_seconds"] = 0 if over else call.authorization.granted_seconds  # type: ignore[union-attr]
        answer["final"] = True if over else call.authorization.is_final  # type: ignore[union-attr]
    return answer


def _ending_answer(call: Call) -> dict[str, Any]:
    figures = legacy_breakdown(call)
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
        "charged": as_number(figures["charged_minor"]),
    }


def _default_reason(status: CallStatus, joined_ms: int | None) -> EndReason:
    if joined_ms is not None:
        return EndReason.HANGUP
    return EndReason.CUSTOMER_CANCELLED if status is CallStatus.ENDED else EndReason.OPERATOR_UNREACHABLE


def _word(words: type[W], text: str | None, default: W) -> W:
    return words(text) if text in set(words) else default


def _leg(event: wire.CallEvent) -> Leg:
    leg = event.metadata.get("leg", Leg.CUSTOMER)
    if leg not in set(Leg):
        raise wire.WireError(f"metadata.leg: one of {', '.join(Leg)}")
    return Leg(leg)


def _time(ts: float) -> datetime:
    return datetime.fromtimestamp(ts, UTC)
