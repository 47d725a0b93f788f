"""Tips as a customer's pages show them: whether one may be given, those of a call, and how long a running call lasts after one."""

from dataclasses import dataclass
from datetime import datetime

from billing.ledger.models import Transaction
from billing.receipt_numbers import ReceiptOf, receipt_number
from billing.refundable import TAX_ENTERED
from billing.selectors import estimated_minutes, refunded_of
from billing.tips import operator_to_tip, paid_lately, refundable_until, tip_references
from brands.models import Brand
from core.errors import DomainError
from customers.models import Customer
from telephony.models import Call
from telephony.selectors import live_call_of
from telephony.snapshots import talked_seconds


@dataclass(frozen=True, slots=True)
class TipRow:
    """One tip on the receipt of its call, minor units: what was paid for it, and the tax in that. `is_recent`: staff can still
    refund it.
    """

    at: datetime
    paid_minor: int
    tax_minor: int
    refunded_minor: int
    currency: str
    number: str
    is_recent: bool


@dataclass(frozen=True, slots=True)
class TalkLeft:
    """How many whole minutes a running call can still last, and with whom; `operator` is empty if none runs."""

    operator: str = ""
    minutes: int = 0


def tip_rows(call_id: str, at: datetime) -> list[TipRow]:
    """The tips that were given for a call, oldest first. One query."""
    rows = Transaction.objects.filter(reference__in=tip_references(call_id), kind="tip").order_by("id")
    return [
        TipRow(
            at=row.created_at,
            paid_minor=row.amount_minor + row.tax,
            tax_minor=row.tax,
            refunded_minor=row.given_back,
            currency=row.currency,
            number=receipt_number(ReceiptOf.FUNDS, row.pk),
            is_recent=row.given_back < row.amount_minor + row.tax and at <= refundable_until(row),
        )
        for row in rows.annotate(given_back=refunded_of("pk"), tax=TAX_ENTERED)
    ]


def may_tip(customer: Customer, call: Call, brand: Brand, at: datetime) -> bool:
    """Whether the receipt offers a tip: they talked, and nothing but the amount can be in the way."""
    if call.joined_at is None:
        return False
    try:
        operator = operator_to_tip(customer, call.operator_id, brand, at)
    except DomainError:
        return False
    return paid_lately(customer.pk, operator.pk, at)


def talk_left(customer: Customer, at: datetime) -> TalkLeft:
    """As the customer's money is now: never less than what was granted."""
    call = live_call_of(customer)
    if call is None or call.authorization is None:
        return TalkLeft()
    lasts_seconds = estimated_minutes(call.authorization) * 60
    return TalkLeft(call.operator.stage_name, max(0, lasts_seconds - talked_seconds(call, at)) // 60)
