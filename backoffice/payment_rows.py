"""Payments of one customer as staff see them: what is left of each, and what was sent back."""

from dataclasses import dataclass

from billing import conf
from billing.ledger.models import Account, Transaction
from billing.ledger.states import AccountKind, TransactionKind
from billing.models import PayBack, Payment
from billing.selectors import wallet_of
from billing.services.pay_back_part import returnable_of_received, unused_of
from core.ids import new_id
from customers.models import Customer

SHOWN = 20


@dataclass(frozen=True, slots=True)
class CustomerPayment:
    """A card payment; `unused_minor`: what could be sent back to the card now, `key`: of the form that does."""

    payment: Payment
    pay_backs: list[PayBack]
    unused_minor: int
    key: str


@dataclass(frozen=True, slots=True)
class Received:
    """Money that staff booked as received outside; `left_minor`: what could be returned now."""

    top_up: Transaction
    left_minor: int
    key: str


def customer_payments(customer: Customer) -> list[CustomerPayment]:
    """The last card payments, the newest first."""
    wallet = Account.objects.filter(
        kind=AccountKind.WALLET, customer=customer, currency=conf.currency()
    ).first()
    rows = Payment.objects.filter(customer=customer).select_related("merchant_account__brand")
    rows = rows.prefetch_related("pay_backs").order_by("-id")[:SHOWN]
    return [
        CustomerPayment(row, list(row.pay_backs.all()), unused_of(row, wallet), new_id("pay-back"))
        for row in rows
    ]


def received_of(customer: Customer) -> list[Received]:
    """The last payments received outside."""
    rows = Transaction.objects.filter(
        customer=customer, kind=TransactionKind.TOP_UP, entries__account__kind=AccountKind.RECEIVED
    )
    wallet = wallet_of(customer.pk)
    most_minor = max(0, min(wallet.available_minor, wallet.paid_minor))
    return [
        Received(row, min(most_minor, returnable_of_received(row)), new_id("return"))
        for row in rows.order_by("-id")[:SHOWN]
    ]
