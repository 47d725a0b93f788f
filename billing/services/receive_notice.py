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
    payment = payment_of(gateway_name, charge=notice.charge, public_id=notice.payment)
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


def payment_of(gateway_name: str, *, charge: str, public_id: str) -> Payment | None:
    """Whose charge it is, as we know already; else the payment that was named. None if that is none of ours."""
    payments = Payment.objects.filter(merchant_account__gateway=gateway_name)
    if charge:
        reported = PaymentNotice.objects.filter(gateway=gateway_name, charge=charge)
        named = Q(processor_reference=charge) | Q(pk__in=reported.values("payment"))
        if (known := payments.filter(named).order_by("id").first()) is not None:
            return known
    try:
        return payments.filter(public_id=public_id).first() if public_id else None
    except (ValidationError, ValueError):  # what claims to be our number is none
        return None
