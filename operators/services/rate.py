"""A customer says how it was, changes it, takes it back; the operator answers; staff hide what must not stand. The mean and the
count of each star follow every one of them.

One customer counts once in an operator's mean, by the last rating that is shown and for which enough was paid.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError
from django.db.models import Count, F, Q
from django.utils.translation import gettext as _

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
STARS = range(1, 6)


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
    topic: str = "",
    is_qualified: bool = True,
) -> Rating:
    """Keep one to five stars, a review, and one of the operator's topics for a call (once each) or for texting (once for each
    operator). One that was withdrawn may be given again.

    That it was paid for, and enough to count, is the caller's to know (`billing.services.rate_paid`). Raises Invalid, Conflict
    `already_rated`.
    """
    given = {
        "stars": _stars(stars),
        "review": _text(review),
        "topic": _topic(operator_id, topic),
        "created_at": clock.now(),
        "is_qualified": is_qualified,
    }
    with _recounting(customer_id, operator_id):
        withdrawn = _withdrawn(customer_id, operator_id, thing, reference)
        if withdrawn is not None:
            Rating.objects.filter(pk=withdrawn.pk).update(**given, edited_at=None, withdrawn_at=None)
            withdrawn.refresh_from_db()
            return withdrawn
        rating = Rating(
            customer_id=customer_id,
            operator_id=operator_id,
            brand_id=brand_id,
            thing=thing,
            reference=reference,
            **given,
        )
        try:
            rating.save(force_insert=True)
        except IntegrityError:
            raise Conflict(_("You’ve already rated this. Thank you."), code="already_rated") from None
    return rating


@transactional
def change_rating(*, customer_id: int, rating_id: int, stars: int, review: str, topic: str = "") -> Rating:
    """Say it otherwise. An answer to words that are gone goes, too; what staff have hidden stays hidden. Raises Invalid, NotFound."""
    rating = own_rating(customer_id, rating_id)
    stars, review = _stars(stars), _text(review)
    if topic != rating.topic:
        topic = _topic(rating.operator_id, topic)
    with _recounting(customer_id, rating.operator_id):
        shown = Rating.objects.filter(pk=rating_id, withdrawn_at=None)
        shown.exclude(review=review).update(answer="", answered_at=None)
        changed = shown.update(stars=stars, review=review, topic=topic, edited_at=clock.now())
        if not changed:
            raise NotFound(_("Rating not found."))
    rating.refresh_from_db()
    return rating


@transactional
def withdraw_rating(*, customer_id: int, rating_id: int) -> Rating:
    """Take it back: nobody is shown it, its words and the answer are gone, and it counts no more. Raises NotFound."""
    rating = own_rating(customer_id, rating_id)
    with _recounting(customer_id, rating.operator_id):
        Rating.objects.filter(pk=rating_id, withdrawn_at=None).update(
            review="", topic="", answer="", answered_at=None, withdrawn_at=clock.now()
        )
    rating.refresh_from_db()
    return rating


def own_rating(customer_id: int, rating_id: int) -> Rating:
    """The customer's rating, operator loaded. Raises NotFound for somebody else's, and for one that was withdrawn."""
    own = Rating.objects.filter(pk=rating_id, customer=customer_id, withdrawn_at=None)
    rating = own.select_related("operator").first()
    if rating is None:
        raise NotFound(_("Rating not found."))
    return rating


@transactional
def disqualify_rating(*, reference: str) -> None:
    """What was paid for this call or message was given back: its rating counts no more. Without a rating nothing happens."""
    rating = Rating.objects.filter(reference=reference, is_qualified=True).first()
    if rating is None:
        return
    with _recounting(rating.customer_id, rating.operator_id):
        Rating.objects.filter(pk=rating.pk).update(is_qualified=False)


@transactional
def answer_rating(*, operator_id: int, rating_id: int, text: str) -> None:
    """The operator's answer under a review; empty takes it back. Raises NotFound, also for another operator's."""
    rating = Rating.objects.select_for_update().filter(pk=rating_id, operator_id=operator_id).first()
    if rating is None:
        raise NotFound(_("Rating not found."))
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
        raise NotFound(_("Rating not found."))
    refuse_own_account(actor, rating.operator, rating.customer)
    with _recounting(rating.customer_id, rating.operator_id):
        rating.refresh_from_db()
        if rating.is_hidden == is_hidden:
            return
        rating.is_hidden = is_hidden
        rating.save(update_fields=["is_hidden"])
    action = "rating.hide" if is_hidden else "rating.show"
    audit.record(actor=actor, action=action, subject=rating, reason=reason)


@contextmanager
def _recounting(customer_id: int, operator_id: int) -> Iterator[None]:
    """Whatever is done inside to this customer's ratings of this operator: afterward the operator's figures follow it.

    What one customer does about ratings happens one after the other.
    """
    Customer.objects.select_for_update(no_key=True).get(pk=customer_id)
    theirs = Rating.objects.filter(operator=operator_id, customer=customer_id)
    _count_if_off(operator_id)
    before = theirs.filter(is_counted=True).first()
    yield
    after = (
        theirs.filter(is_qualified=True, is_hidden=False, withdrawn_at=None)
        .order_by("-created_at", "-pk")
        .first()
    )
    if before is not None and before != after:
        theirs.filter(pk=before.pk).update(is_counted=False)
    if after is not None and before != after:
        theirs.filter(pk=after.pk).update(is_counted=True)
    _move(operator_id, before.stars if before else 0, after.stars if after else 0)


def _move(operator_id: int, before: int, after: int) -> None:
    """One rating of the mean has so many stars now instead of so many; 0: there is none."""
    if before == after:
        return
    change = {
        "rating_count": F("rating_count") + (1 if after else 0) - (1 if before else 0),
        "rating_sum": F("rating_sum") + after - before,
    }
    if before:
        change[f"rated_{before}"] = F(f"rated_{before}") - 1
    if after:
        change[f"rated_{after}"] = F(f"rated_{after}") + 1
    Operator.objects.filter(pk=operator_id).update(**change)


def _count_if_off(operator_id: int) -> None:
    """During an upgrade the version before rates without counting each star: then they are counted anew, once."""
    if Operator.objects.get(pk=operator_id).star_counts is not None:
        return
    Operator.objects.select_for_update(no_key=True).get(
        pk=operator_id
    )  # nobody else moves them until the end
    counted = Rating.objects.filter(operator=operator_id, is_counted=True)
    counts = counted.aggregate(**{f"rated_{stars}": Count("pk", filter=Q(stars=stars)) for stars in STARS})
    Operator.objects.filter(pk=operator_id).update(**counts)


def _withdrawn(customer_id: int, operator_id: int, thing: RatedThing, reference: str) -> Rating | None:
    """What the customer withdrew, if this is to be rated again."""
    is_same = Q(reference=reference)
    if thing == RatedThing.MESSAGE:
        is_same |= Q(thing=RatedThing.MESSAGE)
    own = Rating.objects.filter(customer=customer_id, operator=operator_id, withdrawn_at__isnull=False)
    return own.filter(is_same).first()


def _stars(stars: int) -> int:
    if stars not in STARS:
        raise Invalid(_("Choose one to five stars."))
    return stars


def _topic(operator_id: int, topic: str) -> str:
    """One of those that the operator has now, or none."""
    if topic and topic not in Operator.objects.values_list("specialties", flat=True).get(pk=operator_id):
        raise Invalid(_("Choose one of the topics, or none."))
    return topic


def _text(text: str) -> str:
    """What others will read: no phone number and no address goes around the product."""
    text = mask(text.strip().replace("\x00", ""))
    if len(text) > MAX_LENGTH:
        raise Invalid(_("At most %(most)s characters, please.") % {"most": MAX_LENGTH})
    return text
