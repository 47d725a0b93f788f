"""Snapshots to open pages when a call changed: the customer's, the operator's, and the staff's board."""

from core import push
from customers.groups import customer_group
from operators.services.presence import operator_group
from telephony.models import Call
from telephony.snapshots import customer_snapshot, operator_snapshot

BOARD_GROUP = "calls"


def push_call(call: Call) -> None:
    """After commit, tell both sides how `call` stands. The row must be as it will be committed."""
    push.after_commit(
        customer_group(call.customer_id),
        lambda: {"type": "push", "payload": {"type": "call", "call": customer_snapshot(call)}},
    )
    push.after_commit(
        operator_group(call.operator_id),
        lambda: {"type": "push", "payload": {"type": "console_call", "call": operator_snapshot(call)}},
    )
    push.after_commit(
        BOARD_GROUP, lambda: {"type": "push", "payload": {"type": "changed", "call_id": call.call_id}}
    )
