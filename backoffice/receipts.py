"""What a receipt number that a customer read out is of: the staff's page about it."""

from django.urls import reverse

from billing.ledger.models import Transaction
from billing.models import Case, FreeMinutesPackage
from billing.receipt_numbers import ReceiptOf, looks_like_receipt_number, read_receipt_number
from core.errors import NotFound
from customers.models import User
from telephony.models import Call


def url_of_receipt(text: str, staff: User) -> str | None:
    """Where staff see what has this number; None if `text` is no number of a receipt but, perhaps, a payment's reference.

    Raises MistypedReceiptNumber, and NotFound where nothing has the number, or nothing that they may see.
    """
    if (
        not looks_like_receipt_number(text)
        or Transaction.objects.exclude(reference="").filter(reference=text).exists()
    ):
        return None
    number = read_receipt_number(text)
    url = _URLS[number.of](number.id, staff)
    if url is None:
        raise NotFound(f"Nothing has the receipt number {number}.")
    return url


def _call(pk: int, staff: User) -> str | None:
    """The first of its transactions, whose page shows all of the call; the call alone where nothing was charged."""
    call = Call.objects.filter(pk=pk).first()
    if call is None:
        return None
    first = Transaction.objects.exclude(reference="").filter(reference=call.call_id).order_by("id").first()
    if first is not None:
        return reverse("backoffice:transaction", args=[first.pk])
    return _in_admin("telephony.view_call", "admin:telephony_call_change", pk, staff)


def _transaction(pk: int, staff: User) -> str | None:
    exists = Transaction.objects.filter(pk=pk).exists()
    return reverse("backoffice:transaction", args=[pk]) if exists else None


def _package(pk: int, staff: User) -> str | None:
    exists = FreeMinutesPackage.objects.filter(pk=pk).exists()
    name = "admin:billing_freeminutespackage_change"
    return _in_admin("billing.view_freeminutespackage", name, pk, staff) if exists else None


def _case(pk: int, staff: User) -> str | None:
    is_seen = staff.has_perm("billing.view_case") and Case.objects.filter(pk=pk).exists()
    return reverse("backoffice:case", args=[pk]) if is_seen else None


def _in_admin(permission: str, name: str, pk: int, staff: User) -> str | None:
    return reverse(name, args=[pk]) if staff.has_perm(permission) else None


_URLS = {
    ReceiptOf.CALL: _call,
    ReceiptOf.FUNDS: _transaction,
    ReceiptOf.GIFT: _package,
    ReceiptOf.CASE: _case,
}
