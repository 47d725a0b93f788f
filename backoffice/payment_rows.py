"""Payments of one customer as staff see them: what is left of each, and what was sent back."""

from dataclasses import dataclass

from billing import conf
from billing.ledger.models import Account, Transaction
from billing.ledger.states import AccountKind, TransactionKind
from billing.models import PayBack, Payment
from billing.selectors import Wallet
from billing.services.pay_back_part import returnable_of_all, unused_of
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
    payments = Payment.objects.filter(customer=customer).select_related("merchant_account__brand")
    rows = list(payments.prefetch_related("pay_backs").order_by("-id")[:SHOWN])
    if not rows:
        return []
    wallet = Account.objects.filter(
        kind=AccountKind.WALLET, customer=customer, currency=conf.currency()
    ).first()
    return [
        CustomerPayment(row, list(row.pay_backs.all()), unused_of(row, wallet), new_id("pay-back"))
        for row in rows
    ]


def received_of(customer: Customer, wallet: Wallet) -> list[Received]:
    """The last payments received outside: two statements. `wallet`: the customer's."""
    rows = Transaction.objects.filter(
        customer=customer, kind=TransactionKind.TOP_UP, entries__account__kind=AccountKind.RECEIVED
    )
    most_minor = max(0, min(wallet.available_minor, wallet.paid_minor))
    shown = list(rows.order_by("-id")[:SHOWN])
    returnable = returnable_of_all(shown)
    return [Received(row, min(most_minor, returnable[row.pk]), new_id("return")) for row in shown]
