"""9 was pressed on a phone: its number is not called again, whoever it was given by. Inside the event's transaction."""

from datetime import datetime

from customers.services.phones import block_number
from operators.services.block_phone import block_operators_phone
from telephony.events import Ended
from telephony.models import Call
from telephony.operator_phones import phone_named
from telephony.states import EndReason


def obey_do_not_call(call: Call, ending: Ended, *, at: datetime) -> None:
    """Block the number that `ending` is about, if it is about one. Needs operator and customer_phone loaded."""
    if ending.why is EndReason.CUSTOMER_DO_NOT_CALL:
        number = call.customer_phone.phone_number if call.customer_phone else None
    elif ending.why is EndReason.OPERATOR_DO_NOT_CALL:
        number = phone_named(call.operator, ending.phone)
    else:
        return
    if number is not None:
        block_number(number=number, before=call.initiated_at, call_id=call.call_id, at=at)
        block_operators_phone(number=number, call_id=call.call_id, at=at)
