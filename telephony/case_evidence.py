"""What telephony adds to the evidence of a case (`billing.case_evidence`): times, end, and technical events of the call. No number."""

from typing import Any

from billing.case_evidence import as_text, register
from telephony.models import Call, CallEvent

_TIMES = (
    "initiated_at", "ringing_at", "customer_answered_at", "customer_no_key_at", "operator_ringing_at", "operator_answered_at",
    "joined_at", "left_at", "ended_at",
)  # fmt: skip
# Of what an event carries: words and figures of ours. An adapter may say more.
_METADATA = frozenset({"leg", "key", "why", "ended_by", "joined_ms", "elapsed_ms", "joined_at", "left_at"})
_EVENTS = 200


@register
def call_evidence(customer_id: int, reference: str) -> dict[str, Any]:
    """The call with this id, if it is the customer's."""
    call = Call.objects.filter(customer=customer_id, call_id=reference).first()
    if call is None:
        return {}
    facts = {
        "status": call.status,
        "end_reason": call.end_reason,
        "ended_by": call.ended_by,
        "joined_ms": call.joined_ms,
        "charged_seconds": call.charged_seconds,
        **{name: as_text(getattr(call, name)) for name in _TIMES},
    }
    return {"call": facts, "events": [_event(event) for event in call.events.order_by("id")[:_EVENTS]]}


def _event(event: CallEvent) -> dict[str, Any]:
    said = {name: value for name, value in event.metadata.items() if name in _METADATA}
    return {"at": as_text(event.ts), "state": event.state, **said}
