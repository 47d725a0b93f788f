"""A customer says how it was; the operator answers; staff hide what must not stand. The mean follows each of them.

One customer counts once in an operator's mean, by the last rating that is shown and for which enough was paid.
"""

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError
from django.db.models import F

from core import audit, clock
from core.contact_masking import mask
from core.db import transactional
from core.errors import Conflict, Invalid, NotFound
from core.parse import checked_reason
from customers.models import Customer
from customers.own_account import refuse_own_account
from operators.models import Operator, Rating
from operators.states import RatedThing

MAX_LENGTH = 1000


@transactional
def rate(
    *,
    customer_id: int,
    operator_id: int,
    brand_id: int,
    thing: RatedThing,
    reference: str,
    stars: int,
    review: str = "",
    is_qualified: bool = True,
) -> Rating:
    """Keep one to five stars and a review for a call (once each) or for texting (once for each operator).

    That it was paid for, and enough to count, is the caller's to know (`billing.services.rate_paid`). Raises Invalid, Conflict
    `already_rated`.
    """
    if not 1 <= stars <= 5:
        raise Invalid("One to five stars.")
    rating = Rating(
        customer_id=customer_id,
        operator_id=operator_id,
        brand_id=brand_id,
        thing=thing,
        reference=reference,
        stars=stars,
        review=_text(review),
        created_at=clock.now(),
        is_qualified=is_qualified,
    )
    _lock(customer_id)
    try:
        rating.save(force_insert=True)
    except IntegrityError:
        raise Conflict("You have rated this already. Thank you.", code="already_rated") from None
    _recount(rating)
    return rating


@transactional
def disqualify_rating(*, reference: str) -> None:
    """What was paid for this call or message was given back: its rating counts no more. Without a rating nothing happens."""
    rating = Rating.objects.filter(reference=reference, is_qualified=True).first()
    if rating is None:
        return
    _lock(rating.customer_id)
    Rating.objects.filter(pk=rating.pk).update(is_qualified=False)
    _recount(rating)


@transactional
def answer_rating(*, operator_id: int, rating_id: int, text: str) -> None:
    """The operator's answer under a review; empty takes it back. Raises NotFound, also for another operator's."""
    rating = Rating.objects.select_for_update().filter(pk=rating_id, operator_id=operator_id).first()
    if rating is None:
        raise NotFound("There is no such rating.")
    rating.answer = _text(text)
    rating.answered_at = clock.now() if rating.answer else None
    rating.save(update_fields=["answer", "answered_at"])


@transactional
def moderate_rating(*, rating_id: int, is_hidden: bool, reason: str, actor: AbstractBaseUser | None) -> None:
    """Hide a rating from everybody but staff, or show it again; it counts only while it is shown. On record.

    Raises NotFound, Invalid, NotAllowed `own_account`.
    """
    reason = checked_reason(reason)
    rating = Rating.objects.filter(pk=rating_id).first()
    if rating is None:
        raise NotFound("There is no such rating.")
    refuse_own_account(actor, rating.operator, rating.customer)
    _lock(rating.customer_id)
    rating.refresh_from_db()
    if rating.is_hidden == is_hidden:
        return
    rating.is_hidden = is_hidden
    rating.save(update_fields=["is_hidden"])
    _recount(rating)
    action = "rating.hide" if is_hidden else "rating.show"
    audit.record(actor=actor, action=action, subject=rating, reason=reason)


def _lock(customer_id: int) -> None:
    """One after the other: what one customer does about ratings."""
    Customer.objects.select_for_update(no_key=True).get(pk=customer_id)


def _recount(rating: Rating) -> None:
    """Which of this customer's ratings of this operator counts may have changed. The customer is locked."""
    theirs = Rating.objects.filter(operator=rating.operator_id, customer=rating.customer_id)
    before = theirs.filter(is_counted=True).first()
    after = theirs.filter(is_qualified=True, is_hidden=False).order_by("-pk").first()
    if before == after:
        return
    count = stars = 0
    if before is not None:
        theirs.filter(pk=before.pk).update(is_counted=False)
        count, stars = -1, -before.stars
    if after is not None:
        theirs.filter(pk=after.pk).update(is_counted=True)
        count, stars = count + 1, stars + after.stars
    Operator.objects.filter(pk=rating.operator_id).update(
        rating_count=F("rating_count") + count, rating_sum=F("rating_sum") + stars
    )


def _text(text: str) -> str:
    """What others will read: no phone number and no address goes around the product."""
    text = mask(text.strip().replace("\x00", ""))
    if len(text) > MAX_LENGTH:
        raise Invalid(f"At most {MAX_LENGTH} characters, please.")
    return text
