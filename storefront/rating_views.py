"""A customer rates what they paid for, says it otherwise, and takes it back: the forms of receipts, calls, and conversations post here."""

from typing import TypedDict

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_http_methods, require_POST

from billing.services.rate_paid import rate_paid
from core.confirm import Confirmation, ask, is_confirmed
from core.errors import DomainError
from customers.models import Customer
from operators.models import Rating
from operators.services.rate import change_rating, own_rating, withdraw_rating
from storefront.decorators import customer_page
from web.actions import run_service
from web.redirects import safe_next, with_next
from web.requests import BrandRequest

_THANKS = gettext_noop("Thank you. Your rating helps others, and the operator will see it.")


@require_POST
@customer_page
def rate(request: BrandRequest, customer: Customer) -> HttpResponse:
    """Stars, a review, and a topic for the call or message of `reference`; then back to where the form was."""

    def service() -> Rating:
        reference = request.POST.get("reference", "")[:80]
        return rate_paid(customer=customer, reference=reference, **_given(request))

    return run_service(request, service, then=safe_next(request), message=_(_THANKS))


@require_http_methods(["GET", "POST"])
@customer_page
def edit_rating(request: BrandRequest, customer: Customer, rating_id: int) -> HttpResponse:
    """The form with what was said; `next`: where it was opened."""
    rating = own_rating(customer.pk, rating_id)
    target = safe_next(request, reverse("operator", args=[rating.operator.slug]))
    if request.method == "POST":
        try:
            change_rating(customer_id=customer.pk, rating_id=rating_id, **_given(request))
        except DomainError as error:
            messages.error(request, error.message)
        else:
            messages.success(request, _("Your review has been updated."))
            return HttpResponseRedirect(target)
    context = {
        "rating": rating,
        "next": target,
        "topics": topics_of(rating.operator.specialties, rating.topic),
    }
    return render(request, "storefront/rating.html", context)


@require_POST
@customer_page
def withdraw(request: BrandRequest, customer: Customer, rating_id: int) -> HttpResponse:
    """Take it back, after a question."""
    rating = own_rating(customer.pk, rating_id)
    target = safe_next(request, reverse("operator", args=[rating.operator.slug]))
    if not is_confirmed(request):
        back = with_next(reverse("edit-rating", args=[rating_id]), target)
        facts = (
            (_("Operator"), rating.operator.stage_name),
            (_("Your rating"), _("%(stars)s of 5") % {"stars": rating.stars}),
        )
        effect = _("It’s removed from the page and no longer counts. Any reply to it is removed, too.")
        question = Confirmation(
            _("Withdraw your review?"), facts, effect, _("Withdraw"), back, is_reason_needed=False
        )
        context = {"title": question.title, "question": ask(request, question)}
        return render(request, "storefront/confirm.html", context)
    withdraw_rating(customer_id=customer.pk, rating_id=rating_id)
    messages.success(request, _("Your review has been withdrawn."))
    return redirect(target)


def topics_of(specialties: list[str], chosen: str = "") -> list[str]:
    """What a review may be about: the operator's topics, and the one that was chosen before."""
    return [*specialties, *([chosen] if chosen and chosen not in specialties else [])]


class _Given(TypedDict):
    stars: int
    review: str
    topic: str


def _given(request: BrandRequest) -> _Given:
    stars = request.POST.get("stars", "")
    return _Given(
        stars=int(stars) if stars in ("1", "2", "3", "4", "5") else 0,
        review=request.POST.get("review", ""),
        topic=request.POST.get("topic", "")[:60],
    )
