"""What staff decide about calls that may need a second person's approval (`billing.deeds`)."""

from typing import Any

from billing.deeds import Deed, register
from billing.selectors import wallet_of
from telephony.services.decide_correction import approve_correction

CORRECTION = "correction"


def register_deeds() -> None:
    """Called when Django starts."""
    permissions = ("telephony.change_correction", "ledger.refund_sale")
    register(Deed(CORRECTION, "refund of a call", permissions, _approve_correction))


def _approve_correction(*, idempotency_key: str, **rest: Any) -> int:
    """The balance that the customer has then, in minor units."""
    return wallet_of(approve_correction(**rest).call.customer_id).balance_minor
