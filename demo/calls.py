"""Calls of the demo that are over: told by the same events that a phone system would send."""

from datetime import timedelta

from billing import rating
from billing.tariffs import tariff_for
from brands.models import Brand
from core import clock
from customers.models import Customer
from operators.models import Operator
from operators.services.presence import set_presence
from telephony.models import Call
from telephony.services.handle_event import handle_event
from telephony.services.initiate import create_call
from telephony.states import EndedBy, EndReason, EventState, Leg
from telephony.wire import CallEvent

RANG_SECONDS = 21


def list_price(operator: Operator, seconds: int) -> int:
    """What a call of `seconds` costs without free minutes, in minor units."""
    return rating.cost(tariff_for(operator), seconds, 0)


def past_call(customer: Customer, operator: Operator, brand: Brand, seconds: int) -> Call:
    """A call that ended at this moment of `core.clock`, after `seconds` of talk and `RANG_SECONDS` before it."""
    presence = operator.presence
    set_presence(operator_id=operator.pk, presence="online")
    operator.refresh_from_db()
    at = clock.now()
    clicked = at - timedelta(seconds=seconds + RANG_SECONDS)
    with clock.using(lambda: clicked):
        call, _ = create_call(customer=customer, operator_id=operator.pk, brand=brand)
    ended = at.timestamp()
    joined = ended - seconds

    def report(sequence: int, state: EventState, ts: float, **metadata: str) -> None:
        handle_event(
            CallEvent(
                event_id=f"{call.call_id}-{sequence}",
                sequence=sequence,
                call_id=call.call_id,
                direction="outbound",
                ts=ts,
                state=state,
                account_id=str(customer.pk),
                operator_id=operator.pk,
                metadata=metadata,
            )
        )

    report(1, EventState.RINGING, joined - 12, leg=Leg.CUSTOMER)
    report(2, EventState.ANSWERED, joined - 8, leg=Leg.CUSTOMER)
    report(3, EventState.STARTED, joined, joined_at=f"{joined:.3f}")
    report(4, EventState.PROGRESS, ended - 1, elapsed_ms=str((seconds - 1) * 1000))
    report(
        5, EventState.ENDED, ended, why=EndReason.HANGUP, ended_by=EndedBy.CUSTOMER,
        joined_at=f"{joined:.3f}", left_at=f"{ended:.3f}", joined_ms=str(seconds * 1000),
    )  # fmt: skip
    stay(operator, presence)
    return call


def stay(operator: Operator, presence: str) -> None:
    """Demo operators stay as they are for as long as the demo runs, and need no pause after a call."""
    set_presence(operator_id=operator.pk, presence=presence)
    Operator.objects.filter(pk=operator.pk).update(online_until=None, wrap_up_until=None)
    operator.refresh_from_db()
