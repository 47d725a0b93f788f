"""Tell a customer that a call ended at a limit they set themselves, in the transaction that ends it."""

from billing.limit_names import bound_name
from notices.letters import time_of
from notices.pages import LIMITS
from notices.services.enqueue import enqueue
from notices.states import NoticeKind
from telephony.models import Call
from telephony.states import EndReason

_AT_THE_END = (EndReason.CREDIT_EXHAUSTED, EndReason.SAFETY_LIMIT)


def tell_limit(call: Call) -> bool:
    """Write the notice if a limit of the customer's ended this talk; whether it did. Once a call."""
    limit = bound_name(call.terms.bound_by)
    if call.joined_ms is None or call.ended_at is None or not limit or call.end_reason not in _AT_THE_END:
        return False
    host, user = call.brand.hosts.first(), call.customer.user
    enqueue(
        NoticeKind.LIMIT_REACHED,
        recipient=user,
        brand=call.brand,
        key=f"limit:{call.call_id}",
        limit=limit,
        at=time_of(call.ended_at, user),
        url=LIMITS.url(host=host.host) if host else "",
    )
    return True
