"""The operator accepts an offered call in the page instead of on the phone."""

from operators.models import Operator
from telephony import adapter_client
from telephony.errors import NotAnswered, PhoneSystemUnavailable, UnknownCall
from telephony.models import Call


def accept_offered_call(*, operator: Operator, call_id: str) -> None:
    """Count as pressing 1, once the operator's phone was picked up. Raises UnknownCall, NotAnswered."""
    call = Call.objects.filter(operator=operator, call_id=call_id).first()
    if call is None or not call.is_live:
        raise UnknownCall("This call is over.")
    try:
        answer = adapter_client.accept(call_id)
    except (adapter_client.Refused, adapter_client.Unknown):
        raise PhoneSystemUnavailable(
            "Our phone system does not answer. Please press 1 on your phone."
        ) from None
    if not answer.is_ok:
        raise NotAnswered("Pick up your phone first, then accept here or press 1.")
