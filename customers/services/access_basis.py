"""How a customer comes to be known as an adult without staff."""

from django.conf import settings

from core import audit
from customers.models import Customer
from customers.states import AccessBasis

UNKNOWN_KIND = "unknown"  # of a card whose processor does not say whether it is a credit card


def note_card_payment(*, customer: Customer, card_kind: str) -> bool:
    """A card payment was confirmed: it is the account's basis, if it has none and cards of this kind count. Whether it is now.

    `card_kind`: credit, debit, prepaid, or empty. In the transaction that books the payment.
    """
    if (card_kind or UNKNOWN_KIND) not in settings.ACCESS_CARD_KINDS:
        return False
    row = Customer.objects.select_for_update().get(pk=customer.pk)
    if row.adult_access_basis:
        return False
    row.adult_access_basis = customer.adult_access_basis = AccessBasis.CARD
    row.save(update_fields=["adult_access_basis"])
    audit.record(
        actor=None,
        action="customer.access_basis",
        subject=row,
        reason="A card payment was confirmed.",
        changes={"adult_access_basis": ["", AccessBasis.CARD]},
    )
    return True
