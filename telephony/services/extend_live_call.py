"""Money arrived in mid-call: extend the call at once (billing announces, telephony listens)."""

import logging

from billing.announcements import funds_available
from billing.push import push_wallet
from billing.services.extend_grant import extend_grant
from core import clock
from core.db import transactional
from telephony import adapter_client
from telephony.models import Call
from telephony.push import push_call
from telephony.selectors import live_one_of
from telephony.snapshots import talked_seconds

log = logging.getLogger(__name__)


@funds_available.listener
def extend_live_call(*, customer_id: int) -> None:
    """Grant the customer's live call what they can afford now and tell the adapter.

    If the adapter cannot be told, it asks by itself while the call lasts (`progress`).
    """
    call = _grant_more(customer_id)
    if call is None or call.authorization is None:
        return
    granted, final = call.authorization.granted_seconds, call.authorization.is_final
    try:
        adapter_client.extend(call.call_id, granted_seconds=granted, final=final)
    except (adapter_client.Refused, adapter_client.Unknown):
        log.warning("%s: the adapter did not hear of the extension; it will ask", call.call_id)


@transactional
def _grant_more(customer_id: int) -> Call | None:
    call = live_one_of(
        Call.objects.select_for_update(of=("self",))
        .select_related("operator", "customer", "brand", "authorization", "customer_phone")
        .filter(customer_id=customer_id, authorization__isnull=False)
    )
    if call is None or call.authorization is None:
        return None
    authorization = call.authorization
    elapsed = talked_seconds(call, clock.now())
    grant = extend_grant(authorization_id=authorization.pk, elapsed_seconds=elapsed)
    if (grant.granted_seconds, grant.is_final) == (authorization.granted_seconds, authorization.is_final):
        return None
    authorization.granted_seconds, authorization.is_final = grant.granted_seconds, grant.is_final
    call.sequence += 1
    call.save(update_fields=["sequence"])
    push_call(call)
    push_wallet(call.customer_id)
    return call
