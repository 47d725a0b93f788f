"""A STOP that came while its provider could not be asked whether somebody said it: obeyed at once, checked later.

Sending nothing is the safe direction, so it holds from the first moment. What the provider says when it answers again is
written beside it: that it was said, or that it never was; then what the person said before counts again.
"""

import logging

from django.utils.translation import gettext as _

from core import clock
from core.db import transactional
from messaging.models import SmsConsent
from messaging.selectors import unchecked_stops
from messaging.services.receive_sms import STOPPED, Incoming, record_received
from messaging.services.record_consent import record_consent
from messaging.states import ConsentAction, ConsentSource, SmsKind
from phones.services.store_number import store_number

log = logging.getLogger(__name__)


@transactional
def take_claimed_stop(incoming: Incoming) -> str:
    """Obey it; what to answer. A repeat for this number has no effect and no answer."""
    sender = store_number(incoming.phone_number)
    if SmsConsent.objects.filter(phone_number=sender, sid=incoming.sid).exists():
        return ""
    record_consent(
        phone_number=sender,
        action=ConsentAction.STOP,
        source=ConsentSource.CLAIMED,
        said=incoming.body,
        our_number=incoming.our_number,
        sid=incoming.sid,
    )
    return "" if incoming.carrier_answered else _(STOPPED)


@transactional
def settle_claimed_stop(*, consent_id: int, was_said: bool) -> None:
    """Write down what became known of it, once. What it kept from being sent meanwhile is not sent later."""
    claim = unchecked_stops().filter(pk=consent_id).first()
    if claim is None:
        return
    record_consent(
        phone_number=claim.phone_number,
        action=ConsentAction.PROVED if was_said else ConsentAction.UNDO,
        source=ConsentSource.CARRIER,
        our_number=claim.our_number,
        sid=claim.sid,
    )
    if not was_said:
        log.warning("a STOP was undone: the provider does not have it (consent %s)", claim.pk)
        return
    incoming = Incoming(claim.sid, claim.phone_number.e164, claim.our_number, claim.said, media_count=0)
    record_received(incoming, claim.phone_number, SmsKind.KEYWORD, clock.now())
