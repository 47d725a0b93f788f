"""A customer rates what they paid for: the books say whether they did."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from billing.ledger.models import Transaction
from billing.ledger.states import TransactionKind
from core.db import transactional
from core.errors import NotAllowed
from customers.models import Customer
from operators.eligibility import refuse_one_person
from operators.models import Operator, Rating
from operators.services.rate import rate
from operators.states import RatedThing

_THINGS = {TransactionKind.CALL: RatedThing.CALL, TransactionKind.MESSAGE: RatedThing.MESSAGE}


@transactional
def rate_paid(*, customer: Customer, reference: str, stars: int, review: str = "") -> Rating:
    """Rate the call or message of this id: one to five and a review.

    Raises NotAllowed `not_paid` (no minute and no message was paid under this id by this customer), `own_account`, `blocked`
    (the operator is the customer, by another account), Invalid, Conflict `already_rated`.
    """
    paid = paid_for(customer.pk, reference)
    if paid is None or paid.operator_id is None or paid.brand_id is None:
        raise NotAllowed("A rating is for calls with a paid minute and for paid texts.", code="not_paid")
    refuse_one_person(customer, Operator.objects.get(pk=paid.operator_id), "You can't rate this operator.")
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
    """The customer's payment for the talk or the message under this id; None if there is none, or it was given back.

    A call that was given back was a call all the same; a text that was given back found no answer.
    """
    paid = _payments(customer_id).filter(reference=reference)
    return paid.exclude(reference="").first()


def paid_texting(customer_id: int, operator_id: int) -> str | None:
    """The id of the customer's last text to this operator that was paid and not given back."""
    texts = _payments(customer_id).filter(operator=operator_id, kind=TransactionKind.MESSAGE)
    return texts.order_by("-id").values_list("reference", flat=True).first()


def _payments(customer_id: int) -> QuerySet[Transaction]:
    given_back = Exists(Transaction.objects.filter(reverses=OuterRef("pk")))
    rows = Transaction.objects.filter(customer=customer_id, kind__in=list(_THINGS))
    return rows.exclude(Q(kind=TransactionKind.MESSAGE) & Q(given_back))
