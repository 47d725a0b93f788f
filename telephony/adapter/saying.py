"""Django asks that the customer of a call hear something over the talk."""

from collections.abc import Sequence

from telephony.adapter.adapter import Adapter
from telephony.adapter.call import Phase
from telephony.adapter.messages import SayToCustomer
from telephony.adapter.readiness import Refusal


def say_to_customer(adapter: Adapter, call_id: str, sounds: Sequence[str]) -> None:
    """Have these sounds played to the customer alone. Raises Refusal: 404, and 409 for a call in which nobody talks."""
    record, call = adapter.journal.book.calls.get(call_id), adapter.calls.get(call_id)
    if record is None:
        raise Refusal(404, "unknown call_id")
    if call is None or call.phase is not Phase.JOINED:
        raise Refusal(409, "over" if record.is_over else "not_joined")
    call.deliver(SayToCustomer(tuple(sounds)))
