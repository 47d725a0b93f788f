"""A customer tips the operator of one of their calls, while they talk or afterwards, with a letter for those who want receipts."""

from django.utils.translation import gettext as _

from billing.receipt_numbers import ReceiptOf, receipt_number
from billing.services.tip import Tip, tip
from brands.models import Brand
from core import clock
from core.db import transactional
from core.money import format_money
from customers.models import Customer
from notices.letters import time_of
from notices.services.enqueue import enqueue
from notices.states import NoticeKind
from telephony.models import Call
from telephony.pages import RECEIPT
from telephony.selectors import call_of
from telephony.snapshots import estimated_minor


@transactional
def tip_on_call(
    *, customer: Customer, call_id: str, brand: Brand, amount_minor: int, agreed_minor: int | None = None,
    idempotency_key: str,
) -> Tip:  # fmt: skip
    """Give `amount_minor` to whom the customer called, once for each key; `agreed_minor` as `tip`. Raises UnknownCall and what `tip` raises."""
    call, at = call_of(customer, call_id), clock.now()
    given = tip(
        customer=customer,
        operator_id=call.operator_id,
        brand=brand,
        amount_minor=amount_minor,
        call_reference=call.call_id,
        is_talking=call.is_live and estimated_minor(call, at) > 0,
        agreed_minor=agreed_minor,
        idempotency_key=idempotency_key,
    )
    if given.is_new and customer.mails_receipts:
        _mail(call, customer, brand, given)
    return given


def _mail(call: Call, customer: Customer, brand: Brand, given: Tip) -> None:
    host = brand.hosts.first()
    enqueue(
        NoticeKind.RECEIPT,
        recipient=customer.user,
        brand=brand,
        key=f"receipt:{given.reference}",
        receipt=receipt_number(ReceiptOf.FUNDS, given.transaction_id),
        at=time_of(clock.now(), customer.user),
        what=_("A tip"),
        total=format_money(given.charged_minor, given.currency),
        url=RECEIPT.url(call.call_id, host=host.host) if host else "",
    )
