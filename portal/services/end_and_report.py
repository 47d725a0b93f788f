"""One press for an operator who must get out: the call ends, the caller is blocked, and staff have a case about it.

Here, because it takes what telephony, messaging, and billing do, and none of them knows the others.
"""

from billing.models import Case
from billing.services.open_case import open_operator_report
from core.db import transactional
from messaging.services.block import block
from messaging.states import Side
from operators.models import Operator
from telephony.errors import PhoneSystemUnavailable
from telephony.models import Call
from telephony.selectors import call_of_operator
from telephony.services.hang_up import hang_up_as_operator


def end_and_report(*, operator: Operator, call_id: str) -> Case:
    """End one of the operator's own calls, if it still runs, block its customer, and open the case; it is charged as any other.

    A repeat changes nothing and returns the same case. Raises UnknownCall; PhoneSystemUnavailable if the call could not be
    ended: then it is blocked and reported all the same, and the error says so.
    """
    call = call_of_operator(operator, call_id)
    try:
        hang_up_as_operator(operator=operator, call_id=call_id)
    except PhoneSystemUnavailable as error:
        _block_and_report(operator, call)
        raise PhoneSystemUnavailable(
            f"Blocked and reported, but the call is still on. {error.message}"
        ) from None
    return _block_and_report(operator, call)


@transactional
def _block_and_report(operator: Operator, call: Call) -> Case:
    block(customer_id=call.customer_id, operator_id=operator.pk, side=Side.OPERATOR, actor=operator.user)
    return open_operator_report(
        operator=operator,
        customer=call.customer,
        brand=call.brand,
        call_id=call.call_id,
        call_number=call.pk,
        words="The operator ended this call and reported the caller.",
    )
