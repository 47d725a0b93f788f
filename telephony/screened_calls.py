"""Whether a customer's phone was answered and nobody pressed a key, as when it screens its calls or goes to voicemail. Pure."""

from telephony.models import Call
from telephony.states import EndReason


def is_screened(call: Call) -> bool:
    """While it rings, and once it is over without a talk; not any more once the operator's phone rings."""
    if call.operator_ringing_at is not None or call.operator_answered_at is not None:
        return False
    if call.end_reason == EndReason.CUSTOMER_CANCELLED or call.is_live:
        return call.customer_no_key_at is not None
    return call.end_reason == EndReason.CUSTOMER_NO_KEY
