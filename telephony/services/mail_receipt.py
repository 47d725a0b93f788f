"""The receipt of a call by email, for customers who asked for it: a notice in the transaction that ends the call."""

from billing.receipt_numbers import ReceiptOf, receipt_number
from core.money import format_money
from notices.letters import time_of
from notices.services.enqueue import enqueue
from notices.states import NoticeKind
from telephony.models import Call
from telephony.pages import RECEIPT


def mail_receipt(*, call_id: str) -> bool:
    """Write it if the customer (still) wants it; whether they do. A second one for a call is not written."""
    call = (
        Call.objects.select_related("customer__user", "authorization", "brand")
        .filter(call_id=call_id)
        .first()
    )
    if (
        call is None
        or call.authorization is None
        or call.ended_at is None
        or not call.customer.mails_receipts
    ):
        return False
    user, bill = call.customer.user, call.authorization
    minutes, seconds = divmod(call.charged_seconds or 0, 60)
    host = call.brand.hosts.first()
    enqueue(
        NoticeKind.RECEIPT,
        recipient=user,
        brand=call.brand,
        key=f"receipt:{call.call_id}",
        receipt=receipt_number(ReceiptOf.CALL, call.pk),
        at=time_of(call.ended_at, user),
        duration=f"{minutes:02}:{seconds:02}",
        total=format_money(bill.charged_minor, bill.currency),
        url=RECEIPT.url(call.call_id, host=host.host) if host else "",
    )
    return True
