"""The directory: search, filters, order, favourites. A form that needs no script; its address can be kept."""

from dataclasses import replace

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from billing.first_minutes import minutes_for
from brands.models import Brand
from core import clock
from core.errors import DomainError
from customers.models import Customer
from operators.directory import (
    choices,
    favorite_ids,
    favorites_of,
    recently_met,
    search,
)
from operators.directory_counts import count_matching
from operators.directory_words import corrected, vocabulary_of
from operators.models import Operator
from operators.selectors import operator_by_slug
from operators.services.set_favorite import set_favorite
from storefront.cards import OperatorCard, card_of
from storefront.decorators import adult_page, customer_page
from storefront.directory_chips import address, chips_of, ways_out
from storefront.find_form import FindForm, fields_of
from storefront.legal import agreements_first
from web.page_limits import limited
from web.redirects import safe_next
from web.requests import BrandRequest

PAGE = 24


@require_safe
@limited
@adult_page
@agreements_first
def directory(request: BrandRequest, customer: Customer | None) -> HttpResponse:
    """Everyone one can call on this brand, or those one looks for; on top whom a customer knows."""
    brand: Brand = request.brand
    form = FindForm(choices(brand), request.GET)
    wish = form.wish()
    after = request.GET.get("after", "")
    asked = {name: str(value) for name, value in request.GET.items() if value and name != "after"}
    meant = ""
    found = search(brand, wish, after=after, limit=PAGE)
    if not found.items and wish.words and not after:
        meant = corrected(wish.words, vocabulary_of(brand, choices(brand)))
        as_meant = replace(wish, words=meant)
        if meant and (better := search(brand, as_meant, limit=PAGE)).items:
            found, wish, asked = better, as_meant, asked | {"q": meant}
    counts = count_matching(brand, wish)
    first = minutes_for(found.items, customer, clock.now())
    marked = favorite_ids(customer.pk, found.items) if customer else set()
    known = _known(customer, brand) if customer and wish.is_empty and not after else {}
    context = {
        "fields": fields_of(form),
        "is_filtered": not wish.is_empty,
        "cards": [_card(operator, brand, marked, first) for operator in found.items],
        "older_url": address(asked, after=found.next_after) if found.next_after else None,
        "total": counts.total,
        "chips": chips_of(asked, wish, counts, brand.currency),
        "meant": meant if found.items else "",
        "ways": [] if found.items or wish.is_empty else ways_out(brand, asked, wish, meant),
        "is_visitor": customer is None,
        **known,
    }
    return render(request, "storefront/directory.html", context)


@require_POST
@customer_page
def favourite(request: BrandRequest, customer: Customer, slug: str) -> HttpResponse:
    """Mark or unmark; the script wants to know that it worked, the form goes back to where it was."""
    operator = operator_by_slug(request.brand, slug)
    try:
        is_favourite = request.POST.get("favourite") == "1"
        set_favorite(customer_id=customer.pk, operator_id=operator.pk, is_favourite=is_favourite)
    except DomainError as error:
        messages.error(request, error.message)
    if request.headers.get("Accept") == "application/json":
        return JsonResponse({"success": True})
    return HttpResponseRedirect(safe_next(request, reverse("operator", args=[operator.slug])))


def _known(customer: Customer, brand: Brand) -> dict[str, list[OperatorCard]]:
    return {
        "favourites": _cards(favorites_of(customer.pk, brand), customer, brand),
        "recent": _cards(recently_met(customer.pk, brand), customer, brand),
    }


def _card(operator: Operator, brand: Brand, marked: set[int], first: dict[int, int]) -> OperatorCard:
    minutes = first.get(operator.pk, 0)
    return card_of(operator, brand.currency, is_favourite=operator.pk in marked, first_minutes=minutes)


def _cards(operators: list[Operator], customer: Customer, brand: Brand) -> list[OperatorCard]:
    first = minutes_for(operators, customer, clock.now())
    return [_card(operator, brand, set(), first) for operator in operators]
