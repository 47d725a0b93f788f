"""Evidence for a dispute about a card payment, as one file for the card company: what was agreed to, bought, and used.

No phone number, no network address, nothing that was written or said. Cards, networks, and browsers are only told apart.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime

from billing.ledger.models import Transaction
from billing.ledger.states import SALES, TransactionKind
from billing.models import Payment
from billing.receipt_numbers import ReceiptOf, receipt_number
from customers.models import Consent, Device
from telephony.models import Call

MOST = 500  # rows of a kind, the newest
_SHOWN = (*SALES, TransactionKind.REFUND, TransactionKind.TOP_UP, TransactionKind.CHARGEBACK)


class Letters:
    """Tells values apart without saying what they are: the same value is always the same letter, none is none."""

    def __init__(self) -> None:
        self._known: dict[Hashable, str] = {}

    def of(self, value: object) -> str:
        if not value:
            return "unknown"
        key = bytes(value) if isinstance(value, bytes | memoryview) else str(value)
        return self._known.setdefault(key, _letter(len(self._known)))


@dataclass(frozen=True, slots=True)
class PaymentLine:
    """A payment of the customer, and which of them share a card or a network."""

    payment: Payment
    card: str
    network: str
    is_disputed_one: bool


@dataclass(frozen=True, slots=True)
class BookLine:
    """A charge, load, or refund on the customer's account, with its receipt."""

    receipt: str
    row: Transaction


@dataclass(frozen=True, slots=True)
class BrowserLine:
    """A browser that the customer logged in with, by a number."""

    number: int
    first_seen_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True, slots=True)
class Evidence:
    """All of it; each list the oldest first."""

    payment: Payment
    consents: list[Consent]
    payments: list[PaymentLine]
    books: list[BookLine]
    calls: list[Call]
    browsers: list[BrowserLine]


def evidence_of(payment: Payment) -> Evidence:
    """What is on record of the customer of this payment, that a card company may read. Needs the customer and their user loaded."""
    customer = payment.customer
    cards, networks = Letters(), Letters()
    payments = list(reversed(Payment.objects.filter(customer=customer).order_by("-id")[:MOST]))
    rows = Transaction.objects.filter(customer=customer, kind__in=_SHOWN).select_related("operator")
    calls = Call.objects.filter(customer=customer, joined_at__isnull=False).select_related("operator")
    devices = Device.objects.filter(user=customer.user_id).order_by("id")[:MOST]
    return Evidence(
        payment=payment,
        consents=list(Consent.objects.filter(customer=customer).select_related("text", "brand").order_by("id")[:MOST]),
        payments=[
            PaymentLine(row, cards.of(row.card), networks.of(row.network_hash), row.pk == payment.pk) for row in payments
        ],
        books=[
            BookLine(receipt_number(ReceiptOf.FUNDS, row.pk), row) for row in reversed(rows.order_by("-id")[:MOST])
        ],
        calls=list(reversed(calls.order_by("-id")[:MOST])),
        browsers=[
            BrowserLine(number, row.first_seen_at, row.last_seen_at) for number, row in enumerate(devices, start=1)
        ],
    )  # fmt: skip


def _letter(number: int) -> str:
    """A, B, … Z, AA, AB …"""
    more, place = divmod(number, 26)
    return (_letter(more - 1) if more else "") + chr(ord("A") + place)
