"""What a customer may spend, or whether the call may go on, has changed during it: extend its grant, or mark it final, at once.

Billing announces new funds; customers a new limit, a break, or a closed account; operators a suspension; brands that they
are switched off. Telephony listens.
"""

import logging

from procrastinate.contrib.django import app

from billing.domain_events import funds_available
from billing.services.extend_grant import GRANT_FIELDS, extend_grant
from brands.domain_events import brand_switched
from core import clock
from core.db import transactional
from customers.domain_events import spending_rules_changed
from operators.domain_events import operator_working_changed
from telephony import adapter_client
from telephony.models import Call
from telephony.push import push_call
from telephony.selectors import live_one_of
from telephony.snapshots import talked_seconds
from telephony.states import LIVE_STATUSES

EXTEND_CALLS_OF_BRAND = "telephony.extend_calls_of_brand"

log = logging.getLogger(__name__)


@funds_available.listener
@spending_rules_changed.listener
def extend_live_call(*, customer_id: int) -> None:
    """Grant the customer's live call what they may spend now, and tell the adapter and the open pages.

    If the adapter can't be reached, it asks by itself while the call lasts (`progress`).
    """
    call, is_changed = _update_grant(customer_id)
    if call is None or not is_changed:
        return
    granted, final = call.terms.granted_seconds, call.terms.is_final
    try:
        adapter_client.extend(call.call_id, granted_seconds=granted, final=final)
    except (adapter_client.Refused, adapter_client.Unknown):
        log.warning("%s: the adapter did not get the new grant; it will ask", call.call_id)


@operator_working_changed.listener
def extend_call_of_operator(*, operator_id: int) -> None:
    """The same for the operator's live call, if there is one."""
    for customer_id in _customers_in_call(operator_id=operator_id):
        extend_live_call(customer_id=customer_id)


@brand_switched.listener
def extend_calls_of_brand_soon(*, brand_id: int) -> None:
    """Leave the live calls of a brand to the worker: there may be many."""
    app.configure_task(EXTEND_CALLS_OF_BRAND).defer(brand_id=brand_id)


def extend_calls_of_brand(*, brand_id: int) -> None:
    """The same for all live calls of a brand, one after the other."""
    for customer_id in _customers_in_call(brand_id=brand_id):
        extend_live_call(customer_id=customer_id)


def _customers_in_call(**whose: int) -> list[int]:
    live = Call.objects.filter(status__in=LIVE_STATUSES, authorization__isnull=False, **whose)
    return list(live.order_by("id").values_list("customer_id", flat=True))


@transactional
def _update_grant(customer_id: int) -> tuple[Call | None, bool]:
    """The live call with its new grant, and whether the grant changed. Pages hear of it either way: the time that
    the money lasts has changed.
    """
    call = live_one_of(Call.objects.locked().filter(customer_id=customer_id, authorization__isnull=False))
    if call is None:
        return None, False
    authorization = call.terms
    grant = extend_grant(authorization_id=authorization.pk, elapsed_seconds=talked_seconds(call, clock.now()))
    is_changed = (grant.granted_seconds, grant.is_final) != (
        authorization.granted_seconds,
        authorization.is_final,
    )
    authorization.refresh_from_db(fields=GRANT_FIELDS)
    call.sequence += 1
    call.funds_state = ""
    call.save(update_fields=["sequence", "funds_state"])
    push_call(call, with_wallet=True)
    return call, is_changed
