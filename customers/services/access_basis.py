"""How a customer comes to be known as an adult without staff."""

from django.conf import settings

from core import audit
from core.models import AuditRecord
from customers.models import Customer
from customers.states import AccessBasis

ACTION = "customer.access_basis"  # in the audit trail, whoever decides
UNKNOWN_KIND = "unknown"  # of a card whose processor does not say whether it is a credit card


def note_card_payment(*, customer: Customer, card_kind: str) -> bool:
    """A card payment was confirmed: it is the account's basis, if it has none, cards of this kind count, and staff didn't take it away. Whether it is now.

    `card_kind`: credit, debit, prepaid, or empty. In the transaction that books the payment.
    """
    if (card_kind or UNKNOWN_KIND) not in settings.ACCESS_CARD_KINDS:
        return False
    row = Customer.objects.select_for_update().get(pk=customer.pk)
    if row.adult_access_basis or _was_taken_away(row):
        return False
    row.adult_access_basis = customer.adult_access_basis = AccessBasis.CARD
    row.save(update_fields=["adult_access_basis"])
    audit.record(
        actor=None,
        action=ACTION,
        subject=row,
        reason="A card payment was confirmed.",
        changes={"adult_access_basis": ["", AccessBasis.CARD]},
    )
    return True


def _was_taken_away(customer: Customer) -> bool:
    """Whether staff made the last decision about it, and it was no."""
    subject = f"{Customer._meta.label_lower}:{customer.pk}"
    last = AuditRecord.objects.filter(subject=subject, action=ACTION).order_by("-id").first()
    return (
        last is not None
        and last.actor_id is not None
        and not last.details["changes"]["adult_access_basis"][1]
    )
