"""A customer rates what they paid for: the books say whether they did, and whether it was enough to count.

A rating counts in the operator's mean if the call lasted three minutes, or if the customer's texts to that operator cost two
dollars, and none of that was given back in full. Less than that is cheap enough to buy good ratings with.
"""

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from billing.domain_events import sale_refunded
from billing.ledger.models import Transaction
from billing.ledger.states import TransactionKind
from billing.models import Authorization
from billing.services.refund import refundable_minor
from core.db import transactional
from core.errors import NotAllowed
from customers.models import Customer
from operators.eligibility import refuse_one_person
from operators.models import Operator, Rating
from operators.services.rate import disqualify_rating, rate
from operators.states import RatedThing

LEAST_TALK_SECONDS = 180
LEAST_TEXTS_MINOR = 200
_THINGS = {TransactionKind.CALL: RatedThing.CALL, TransactionKind.MESSAGE: RatedThing.MESSAGE}


@transactional
def rate_paid(*, customer: Customer, reference: str, stars: int, review: str = "", topic: str = "") -> Rating:
    """Rate the call or message of this id: one to five, a review, one of the operator's topics.

    Raises NotAllowed `not_paid` (no minute and no message was paid under this id by this customer), `own_account`, `blocked`
    (the operator is the customer, by another account), Invalid, Conflict `already_rated`.
    """
    paid = paid_for(customer.pk, reference)
    if paid is None or paid.operator_id is None or paid.brand_id is None:
        raise NotAllowed(_("You can only rate calls with a paid minute and paid texts."), code="not_paid")
    refuse_one_person(customer, Operator.objects.get(pk=paid.operator_id), _("You can’t rate this operator."))
    return rate(
        customer_id=customer.pk,
        operator_id=paid.operator_id,
        brand_id=paid.brand_id,
        thing=_THINGS[TransactionKind(paid.kind)],
        reference=reference,
        stars=stars,
        review=review,
        topic=topic,
        is_qualified=_is_enough(paid),
    )


@sale_refunded.listener
def follow_refund(*, reference: str) -> None:
    """A rating of what was given back counts no more, unless enough stays paid."""
    rating = Rating.objects.filter(reference=reference).first()
    sale = (
        Transaction.objects.exclude(reference="").filter(reference=reference, kind__in=list(_THINGS)).first()
    )
    if sale is not None and sale.kind == TransactionKind.MESSAGE:  # texting is rated by one of its texts
        rating = Rating.objects.filter(
            customer=sale.customer_id, operator=sale.operator_id, thing=RatedThing.MESSAGE
        ).first()
    if rating is None or sale is None or _is_enough(sale):
        return
    disqualify_rating(reference=rating.reference)


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


def _is_enough(paid: Transaction) -> bool:
    """Whether so much was paid, and stays paid, that the rating counts."""
    assert paid.customer_id is not None, "a customer paid for it"
    if paid.kind == TransactionKind.CALL:
        call = Authorization.objects.get(reference=paid.reference)
        return (call.charged_seconds or 0) >= LEAST_TALK_SECONDS and refundable_minor(paid.reference) > 0
    texts = _payments(paid.customer_id).filter(operator=paid.operator_id, kind=TransactionKind.MESSAGE)
    return (texts.aggregate(minor=Sum("amount_minor"))["minor"] or 0) >= LEAST_TEXTS_MINOR


def _payments(customer_id: int) -> QuerySet[Transaction]:
    given_back = Exists(Transaction.objects.filter(reverses=OuterRef("pk")))
    rows = Transaction.objects.filter(customer=customer_id, kind__in=list(_THINGS))
    return rows.exclude(Q(kind=TransactionKind.MESSAGE) & Q(given_back))
