"""What is on record about the thing a case is about, as it is when the case is opened.

Billing knows the bill, the payments, and what was agreed to. Higher apps register what they know of a reference (`register`):
telephony the times and events of a call, messaging the times of a text. Never what was said or written, and never a number of anybody.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from billing.ledger.models import Transaction
from billing.models import Authorization, Payment
from billing.receipt_numbers import ReceiptOf, receipt_number
from customers.models import Consent, Customer

Gather = Callable[[int, str], dict[str, Any]]  # customer id, reference → sections, or nothing
_PAYMENTS = 10
_LINES = 50
_gatherers: list[Gather] = []


def register(gather: Gather) -> Gather:
    """Ask `gather` for each case (usable as a decorator); registering it again changes nothing."""
    if gather not in _gatherers:
        _gatherers.append(gather)
    return gather


def evidence_for(customer: Customer, reference: str, transaction_id: int | None = None) -> dict[str, Any]:
    """Sections by name, as JSON. `transaction_id`: of a charge whose reference may be empty."""
    found: dict[str, Any] = {
        "bill": _bill(customer, reference, transaction_id),
        "terms": _terms(customer, reference),
        "payments": _payments(customer),
        "consents": _consents(customer),
    }
    for gather in _gatherers:
        found |= gather(customer.pk, reference)
    return {name: section for name, section in found.items() if section}


def as_text(at: datetime | None) -> str | None:
    """A time as it stands in evidence."""
    return at.isoformat(timespec="milliseconds") if at else None


def _bill(customer: Customer, reference: str, transaction_id: int | None) -> list[dict[str, Any]]:
    rows = Transaction.objects.filter(customer=customer, reference=reference).exclude(reference="")
    if transaction_id is not None and not rows.exists():
        rows = Transaction.objects.filter(pk=transaction_id)
    return [
        {
            "number": receipt_number(ReceiptOf.FUNDS, row.pk),
            "transaction": row.pk,
            "kind": row.kind,
            "amount_minor": row.amount_minor,
            "currency": row.currency,
            "seconds": row.seconds,
            "at": as_text(row.created_at),
        }
        for row in rows.order_by("id")[:_LINES]
    ]


def _terms(customer: Customer, reference: str) -> dict[str, Any]:
    """On which a call was charged, and the parts of its bill."""
    terms = Authorization.objects.filter(customer=customer, reference=reference).first()
    if terms is None or not reference:
        return {}
    return {
        "rate_minor": terms.rate_per_minute_minor,
        "fee_minor": terms.connect_fee_minor,
        "fee_covered_by": terms.fee_covered_by,
        "first_seconds": terms.first_increment_seconds,
        "next_seconds": terms.next_increment_seconds,
        "charged_seconds": terms.charged_seconds,
        "free_seconds": terms.free_used_seconds,
        "currency": terms.currency,
        "components": terms.components,
    }


def _payments(customer: Customer) -> list[dict[str, Any]]:
    """The last card payments; no card is named."""
    rows = Payment.objects.filter(customer=customer).order_by("-id")[:_PAYMENTS]
    return [
        {
            "amount_minor": row.amount_minor,
            "currency": row.currency,
            "state": row.state,
            "refunded_minor": row.refunded_minor,
            "at": as_text(row.created_at),
        }
        for row in rows
    ]


def _consents(customer: Customer) -> list[dict[str, Any]]:
    rows = Consent.objects.filter(customer=customer).order_by("id").values("kind", "version", "given_at")
    return [{"kind": row["kind"], "edition": row["version"], "at": as_text(row["given_at"])} for row in rows]
