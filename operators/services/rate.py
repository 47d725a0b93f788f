"""A customer says how it was; the operator answers; staff hide what must not stand. The mean follows each of them."""

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError
from django.db.models import F

from core import audit, clock
from core.db import transactional
from core.errors import Conflict, Invalid, NotFound
from core.parse import checked_reason
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
) -> Rating:
    """Keep one to five stars and a review for a call (once each) or for texting (once for each operator).

    That it was paid for is the caller's to know (`billing.services.rate_paid`). Raises Invalid, Conflict
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
    )
    try:
        rating.save(force_insert=True)
    except IntegrityError:
        raise Conflict("You have rated this already. Thank you.", code="already_rated") from None
    _count(operator_id, 1, stars)
    return rating


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
    rating = Rating.objects.select_for_update().filter(pk=rating_id).first()
    if rating is None:
        raise NotFound("There is no such rating.")
    refuse_own_account(actor, rating.operator, rating.customer)
    if rating.is_hidden == is_hidden:
        return
    rating.is_hidden = is_hidden
    rating.save(update_fields=["is_hidden"])
    _count(rating.operator_id, -1 if is_hidden else 1, rating.stars)
    action = "rating.hide" if is_hidden else "rating.show"
    audit.record(actor=actor, action=action, subject=rating, reason=reason)


def _count(operator_id: int, change: int, stars: int) -> None:
    Operator.objects.filter(pk=operator_id).update(
        rating_count=F("rating_count") + change, rating_sum=F("rating_sum") + change * stars
    )


def _text(text: str) -> str:
    text = text.strip().replace("\x00", "")
    if len(text) > MAX_LENGTH:
        raise Invalid(f"At most {MAX_LENGTH} characters, please.")
    return text
