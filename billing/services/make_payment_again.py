"""A charge that a processor lists and whose payment the books have never seen, because they were restored to a time before it."""

import uuid

from billing import conf
from billing.gateways.base import Listed
from billing.models import MerchantAccount, Payment
from billing.payment_numbers import customers_named
from billing.states import PaymentState, ReportKind
from core import audit, clock
from customers.models import Customer


def payment_made_again(gateway_name: str, line: Listed) -> Payment | None:
    """The payment made anew for a sale that our number says is one customer's; None where it doesn't, or no account fits.

    It is worth nothing by itself: what was paid, the processor is asked for.
    """
    if line.kind != ReportKind.SALE:
        return None
    customers = list(Customer.objects.filter(pk__in=list(customers_named(line.named))))
    accounts = MerchantAccount.objects.filter(gateway=gateway_name, account=line.account)
    if len(customers) != 1 or not accounts.exists():
        return None
    customer, at = customers[0], clock.now()
    account = accounts.filter(brand=customer.home_brand_id).first() or accounts.order_by("pk").first()
    assert account is not None, "there is one"
    payment = Payment.objects.create(
        public_id=_number(line.named), customer=customer, merchant_account=account, state=PaymentState.PENDING,
        amount_minor=line.amount_minor, currency=conf.currency(), statement_text=account.statement_text,
        created_at=at, changed_at=at, next_check_at=at,
    )  # fmt: skip
    audit.record(
        actor=None, action="payment.restored", subject=customer, payment=str(payment.public_id), charge=line.charge,
        amount_minor=line.amount_minor,
    )  # fmt: skip
    return payment


def _number(named: str) -> uuid.UUID:
    """Our number as far as the line has it; the rest is chance."""
    digits = named.replace("-", "")
    return uuid.UUID(hex=digits + uuid.uuid4().hex[len(digits) :])
