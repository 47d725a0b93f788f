"""What staff decide about one customer: opening a closed account, and how they are known to be an adult."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from backoffice.decorators import ask_staff, staff_page
from core.confirm import Confirmation, is_confirmed
from core.errors import Conflict
from customers.models import Customer, User
from customers.services.staff_decisions import reopen_account, set_access_basis
from privacy.services.request_erasure import waiting_erasure
from web.actions import run_service
from web.forms import reason_of


@require_POST
@staff_page("customers.change_customer")
def reopen(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Open a closed account again."""
    person = get_object_or_404(Customer.objects.select_related("user"), pk=number)
    then = reverse("backoffice:customer", args=[number])
    if waiting_erasure(person.user) is not None:
        raise Conflict("Their data is scheduled to be erased. Cancel that to reopen the account.")
    if not is_confirmed(request):
        title = f"Reopen the account of {person.alias}?"
        facts = (("Customer", f"{person.alias}, {person.user.email}"),)
        effect = "They can log in, call, and text again. A break that hasn't ended still applies."
        return ask_staff(request, Confirmation(title, facts, effect, "Reopen", then))
    return run_service(
        request,
        lambda: reopen_account(customer_id=number, actor=staff, reason=reason_of(request)),
        then=then,
        message="The account is open again.",
    )


@require_POST
@staff_page("customers.change_customer")
def access_basis(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Set why we may believe that this is an adult."""
    return run_service(
        request,
        lambda: set_access_basis(
            customer_id=number, basis=request.POST.get("basis", ""), actor=staff, reason=reason_of(request)
        ),
        then=reverse("backoffice:customer", args=[number]),
        message="Saved and on record.",
    )
