"""A customer rates what they paid for: the books say whether they did."""

from billing.ledger.models import Transaction
from billing.ledger.states import TransactionKind
from core.db import transactional
from core.errors import NotAllowed
from customers.models import Customer
from operators.models import Rating
from operators.services.rate import rate
from operators.states import RatedThing

_THINGS = {TransactionKind.CALL: RatedThing.CALL, TransactionKind.MESSAGE: RatedThing.MESSAGE}


@transactional
def rate_paid(*, customer: Customer, reference: str, stars: int, review: str = "") -> Rating:
    """Rate the call or message of this id: one to five and a review.

    Raises NotAllowed `not_paid` (no minute and no message was paid under this id by this customer), Invalid, Conflict
    `already_rated`.
    """
    paid = paid_for(customer.pk, reference)
    if paid is None or paid.operator_id is None or paid.brand_id is None:
        raise NotAllowed("A rating is for calls with a paid minute and for paid texts.", code="not_paid")
    return rate(
        customer_id=customer.pk,
        operator_id=paid.operator_id,
        brand_id=paid.brand_id,
        thing=_THINGS[TransactionKind(paid.kind)],
        reference=reference,
        stars=stars,
        review=review,
    )


def paid_for(customer_id: int, reference: str) -> Transaction | None:
    """The customer's payment for the talk or the message under this id; None if there is none."""
    paid = Transaction.objects.filter(reference=reference, customer=customer_id, kind__in=list(_THINGS))
    return paid.exclude(reference="").first()
