"""Have the processor charge a saved card: sent once, whatever becomes of the answer."""

import logging

from billing.charges import Charge, ChargeStatus
from billing.gateways import gateway_named
from billing.gateways.base import NoAnswer, Notice, Refused
from billing.models import Payment
from billing.services.check_payment import apply_charge, check_payment
from billing.services.receive_notice import receive_notice
from billing.states import PaymentState
from core import clock

log = logging.getLogger(__name__)


def charge_saved_card(*, payment_id: int) -> Payment:
    """Send the charge unless it may have been sent before; then only ask. What is not answered stays `unknown`."""
    payment = Payment.objects.select_related("merchant_account__brand", "saved_from").get(pk=payment_id)
    mine = Payment.objects.filter(
        pk=payment_id, saved_from__isnull=False, state=PaymentState.UNKNOWN, sent_at=None
    )
    is_mine = mine.update(sent_at=clock.now())
    if is_mine:
        try:
            number = gateway_named(payment.merchant_account.gateway).charge_saved(payment)
        except Refused as refusal:
            declined = Charge(ChargeStatus.DECLINED, reason=refusal.reason[:120])
            return apply_charge(payment_id=payment_id, charge=declined)
        except NoAnswer:
            log.warning("a charge of a saved card was not answered payment=%s", payment.public_id)
        else:
            if number:
                _keep(payment, number)
    return check_payment(payment_id=payment_id)


def _keep(payment: Payment, number: str) -> None:
    """The processor's number of the charge, as it answered: it is asked by this number what became of it."""
    answer = Notice(f"charged:{number}", "charged", payment=str(payment.public_id), charge=number)
    receive_notice(gateway_name=payment.merchant_account.gateway, notice=answer)
