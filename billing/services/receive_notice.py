"""A processor reported an event: it is written down once, and a reason to ask what became of the payment."""

from django.core.exceptions import ValidationError
from django.db.models import Q
from procrastinate.contrib.django import app as jobs

from billing.gateways.base import Notice
from billing.models import Payment, PaymentNotice
from core.db import transactional
from core.jobs import Queue

CHECK_PAYMENT = "billing.check_payment"


@transactional
def receive_notice(*, gateway_name: str, notice: Notice) -> None:
    """Write the event down and have the payment checked. One of a payment that we don't know stays for staff to see."""
    payment = _payment_of(gateway_name, notice)
    PaymentNotice.objects.bulk_create(
        [
            PaymentNotice(
                gateway=gateway_name,
                key=notice.key[:80],
                event=notice.event[:40],
                payment=payment,
                charge=notice.charge[:80],
            )
        ],
        ignore_conflicts=True,
    )
    if payment is not None:
        ask_soon(payment.pk)


def ask_soon(payment_id: int) -> None:
    """Have the worker ask what became of it, as soon as this transaction has committed."""
    jobs.configure_task(CHECK_PAYMENT, queue=Queue.MONEY, allow_unknown=True).defer(payment_id=payment_id)


def _payment_of(gateway_name: str, notice: Notice) -> Payment | None:
    payments = Payment.objects.filter(merchant_account__gateway=gateway_name)
    named = Q(pk=None)
    if notice.charge:
        reported = PaymentNotice.objects.filter(gateway=gateway_name, charge=notice.charge)
        named = Q(processor_reference=notice.charge) | Q(pk__in=reported.values("payment"))
    try:
        if notice.payment:
            named |= Q(public_id=notice.payment)
        return payments.filter(named).order_by("id").first()
    except (ValidationError, ValueError):  # what claims to be our number is none
        return None
