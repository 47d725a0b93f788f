"""A customer adds funds in a call: by a key, when its money ends (what is offered, what the key charges, what they hear), or by a tap."""

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from billing import conf
from billing.domain_events import payment_declined
from billing.models import Payment
from billing.services.start_payment import may_charge_saved_card, start_saved_card_payment
from billing.states import GrantBound
from core.db import transactional
from core.errors import Conflict, DomainError
from customers.models import Customer
from operators.pages import PROFILE
from telephony import adapter_client, prompts
from telephony.errors import UnknownCall
from telephony.models import Call
from telephony.push import push_call
from telephony.states import LIVE_STATUSES, CallFunds

log = logging.getLogger(__name__)


def offer_funds(call: Call, at: datetime) -> list[str]:
    """The sounds that offer to add funds, where the saved card may be charged now and more money would extend the call;
    else none. The offer is on record with the call, whose row is locked: what is charged later is what was offered.
    """
    minor = conf.call_load_minor()
    is_short = call.terms.is_final and call.terms.bound_by == GrantBound.BALANCE
    is_offered = (
        bool(minor)
        and is_short
        and may_charge_saved_card(customer=call.customer, brand=call.brand, amount_minor=minor)
    )
    call.funds_offered_minor, call.funds_offered_at = (minor, at) if is_offered else (None, None)
    call.save(update_fields=["funds_offered_minor", "funds_offered_at"])
    return prompts.add_funds_prompt(minor) if is_offered else []


def charge_offered(call: Call, at: datetime) -> list[str]:
    """The customer pressed the key: charge what was offered, once, and return what they hear. The call's row is locked.

    Nothing is charged without an offer, where funds have come since, or after the time that was granted: the call is over
    then, if we have not heard of it yet.
    """
    offered_minor, offered_at = call.funds_offered_minor, call.funds_offered_at
    call.funds_offered_minor = call.funds_offered_at = None
    said: list[str] = []
    if offered_minor is not None and offered_at is not None and not _is_void(call, offered_at, at):
        said = _charge(call, offered_minor)
    call.sequence += 1
    call.save(
        update_fields=[
            "heard_at", "sequence", "funds_offered_minor", "funds_offered_at", "funds_payment", "funds_state"
        ]
    )  # fmt: skip
    push_call(call)
    return said


def _is_void(call: Call, offered_at: datetime, at: datetime) -> bool:
    ends_at = (
        None if call.joined_at is None else call.joined_at + timedelta(seconds=call.terms.granted_seconds)
    )
    if ends_at is None or ends_at <= at:
        return True
    return Payment.objects.filter(customer=call.customer_id, captured_at__gte=offered_at).exists()


def _charge(call: Call, offered_minor: int) -> list[str]:
    try:
        with transaction.atomic():
            call.funds_payment = start_saved_card_payment(
                customer=call.customer,
                brand=call.brand,
                amount_minor=offered_minor,
                return_path=PROFILE.path(call.operator.slug),
            )
    except DomainError as refusal:
        log.info("%s: the key that adds funds charged nothing: %s", call.call_id, refusal.error_code)
        is_tapped = refusal.error_code in ("payment_unknown", "payment_just_made")
        return [] if is_tapped else prompts.CARD_NOT_CHARGED
    call.funds_state = CallFunds.CHARGING
    return prompts.CHARGING_CARD


@transactional
def add_funds_by_tap(*, customer: Customer, call_id: str, network_hash: bytes | None = None) -> None:
    """Charge the saved card with `AEIMS_CALL_LOAD_MINOR` for the customer's running call, whose page follows it.

    Raises UnknownCall, Conflict `call_over`, and as `start_saved_card_payment`: NotFound where no card can be charged again.
    """
    call = Call.objects.locked().filter(customer=customer, call_id=call_id).first()
    if call is None:
        raise UnknownCall(_("Call not found."))
    if not call.is_live or call.joined_at is None:
        raise Conflict(_("This call is over."), code="call_over")
    call.funds_payment = start_saved_card_payment(
        customer=customer,
        brand=call.brand,
        amount_minor=conf.call_load_minor(),
        return_path=PROFILE.path(call.operator.slug),
        network_hash=network_hash,
    )
    call.funds_state = CallFunds.CHARGING
    call.funds_offered_minor = call.funds_offered_at = None
    call.sequence += 1
    call.save(
        update_fields=["sequence", "funds_offered_minor", "funds_offered_at", "funds_payment", "funds_state"]
    )
    push_call(call)


@payment_declined.listener
def tell_declined(*, payment_id: int) -> None:
    """Say so in the call in which the key was pressed, if it goes on, and on its page."""
    call = _note_declined(payment_id)
    if call is None:
        return
    try:
        adapter_client.say(call.call_id, prompts.CARD_DECLINED)
    except (adapter_client.Refused, adapter_client.Unknown):
        log.warning("%s: the customer does not hear that the card was declined", call.call_id)


@transactional
def _note_declined(payment_id: int) -> Call | None:
    calls = Call.objects.locked().filter(funds_payment=payment_id, status__in=LIVE_STATUSES)
    customers = Payment.objects.filter(pk=payment_id).values("customer")
    call = calls.filter(customer__in=customers).order_by().first()
    if call is None:
        return None
    call.funds_state = CallFunds.DECLINED
    call.sequence += 1
    call.save(update_fields=["funds_state", "sequence"])
    push_call(call)
    return call
