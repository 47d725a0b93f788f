"""News to open pages when a call changed: the customer's, the operator's, and the staff's board."""

from core import push
from customers.groups import customer_group
from operators.services.presence import operator_group
from telephony.models import Call, CallbackRequest

BOARD_GROUP = "calls"


def push_call(call: Call, *, with_wallet: bool = False) -> None:
    """After commit, tell both sides and the staff's board that `call` changed; its sequence says to what.

    `with_wallet`: what it holds or charges of the customer's money changed too.
    """
    groups = (customer_group(call.customer_id), operator_group(call.operator_id), BOARD_GROUP)
    push.hint_after_commit(groups, f"call.{call.call_id}", call.sequence, wallet=with_wallet)


def push_waiting(customer_id: int, operator_id: int) -> None:
    """After commit, tell the customer's pages that what they wait for with this operator stands elsewhere now."""
    push.hint_after_commit([customer_group(customer_id)], f"waiting.{operator_id}")


def push_callback(request: CallbackRequest) -> None:
    """After commit, tell the pages of both that the request stands elsewhere now."""
    push_waiting(request.customer_id, request.operator_id)
    push.hint_after_commit([operator_group(request.operator_id)], "callbacks")
