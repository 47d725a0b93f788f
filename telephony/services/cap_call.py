"""A customer bounds the running call by an amount or an end time: grant, pages, and adapter follow at once."""

import logging

from django.utils.translation import gettext as _

from billing.call_caps import CallCap
from billing.services.tighten_cap import tighten_cap
from core.db import transactional
from core.errors import Conflict
from customers.models import Customer
from telephony import adapter_client
from telephony.models import Call
from telephony.selectors import call_of
from telephony.services.extend_live_call import extend_live_call

log = logging.getLogger(__name__)


def cap_call(*, customer: Customer, call_id: str, wanted: CallCap) -> None:
    """Raises UnknownCall (also for somebody else's), and what `tighten_cap` raises.

    If the adapter can't be reached, it learns of the end time with its next question.
    """
    call = _tighten(customer, call_id, wanted)
    extend_live_call(customer_id=customer.pk)
    if wanted.ends_at is None:
        return
    terms = call.terms
    terms.refresh_from_db(fields=["granted_seconds", "is_final", "ends_at"])
    assert terms.ends_at is not None
    try:
        adapter_client.extend(
            call.call_id, granted_seconds=terms.granted_seconds, final=terms.is_final,
            ends_at=terms.ends_at.timestamp(),
        )  # fmt: skip
    except (adapter_client.Refused, adapter_client.Unknown):
        log.warning("%s: the adapter did not get the end time; it will ask", call.call_id)


@transactional
def _tighten(customer: Customer, call_id: str, wanted: CallCap) -> Call:
    call = call_of(customer, call_id)
    if not call.is_live or call.authorization_id is None:
        raise Conflict(_("This call is over."), code="call_over")
    tighten_cap(authorization_id=call.authorization_id, wanted=wanted)
    return call
