"""What staff do for a person who asks about their data, each time with a reason that is kept."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from backoffice.decorators import ask_staff, staff_page
from core.confirm import Confirmation, is_confirmed, preview
from core.errors import DomainError
from customers.models import User
from privacy.ownership import Person
from privacy.services.export_data import request_export
from privacy.services.request_erasure import UNDO_FOR, cancel_erasure, request_erasure
from web.actions import refuse, run_service
from web.data_copy import zip_response
from web.forms import reason_of


def page_of(person: Person) -> str:
    """The staff's page about somebody."""
    if person.customer is not None:
        return reverse("backoffice:customer", args=[person.customer.pk])
    if person.operator is not None:
        return reverse("backoffice:operator", args=[person.operator.pk])
    return reverse("admin:customers_user_change", args=[person.user.pk])


@require_POST
@staff_page("privacy.erase_person")
def erase(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Have somebody's data erased, some days from now."""
    user = get_object_or_404(User, pk=number)
    then = page_of(Person.of(user))
    if is_confirmed(request):
        return run_service(
            request,
            lambda: request_erasure(user=user, actor=staff, reason=reason_of(request)),
            then=then,
            message=f"Their data will be erased in {UNDO_FOR.days} days. They got an email.",
        )
    try:
        preview(lambda reason: request_erasure(user=user, actor=staff, reason=reason))
    except DomainError as error:
        return refuse(request, error, then=then)
    facts = (("Person", user.email), ("Erased in", f"{UNDO_FOR.days} days"))
    effect = (
        "Their account is closed now. Then address, phones, messages, and reviews are gone for good. The books, consents,"
        " and blocks stay."
    )
    return ask_staff(request, Confirmation(f"Erase the data of {user.email}?", facts, effect, "Erase", then))


@require_POST
@staff_page("privacy.erase_person")
def keep(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Take it back."""
    user = get_object_or_404(User, pk=number)
    return run_service(
        request,
        lambda: cancel_erasure(user=user, actor=staff),
        then=page_of(Person.of(user)),
        message="Nothing will be erased.",
    )


@require_POST
@staff_page("privacy.export_person")
def export(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Have a copy of everything about somebody made, for this member of staff."""
    user = get_object_or_404(User, pk=number)
    then = page_of(Person.of(user))
    if not is_confirmed(request):
        facts = (("Person", user.email),)
        effect = "The file holds their messages, numbers, and address. Only you can download it, for 7 days, and each download is on record."
        return ask_staff(
            request, Confirmation(f"Export the data of {user.email}?", facts, effect, "Export", then)
        )
    return run_service(
        request,
        lambda: request_export(user=user, actor=staff, reason=reason_of(request)),
        then=then,
        message="We're putting it together. Reload this page in a moment.",
    )


@require_safe
@staff_page("privacy.export_person")
def download(request: HttpRequest, staff: User, reference: str) -> HttpResponse:
    """The file, for whoever asked for it."""
    return zip_response(reference, staff)
