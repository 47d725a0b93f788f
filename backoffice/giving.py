"""Forms in which staff give money or minutes: they ask first, and then give it or request a second person's approval."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse

from backoffice.decorators import ask_staff
from billing.approval_words import asking, outcome
from billing.services.carry_out import CarriedOut
from core.confirm import Confirmation, is_confirmed, preview
from core.errors import DomainError
from web.actions import is_script, refuse, succeed


def ask_and_give(
    request: HttpRequest, give: Callable[[str], CarriedOut], question: Callable[[CarriedOut], Confirmation], *,
    then: str, done: str, changes: Callable[[CarriedOut], dict[str, str]] = lambda _: {},
) -> HttpResponse:  # fmt: skip
    """Show the `question`, made from what would come of it; or, when confirmed, `give` with the reason, and go to `then`.

    `changes`: fields of the form that were left empty, as they are asked about.
    """
    is_meant = is_confirmed(request)
    try:
        carried_out = give(request.POST.get("reason", "")) if is_meant else preview(give)
    except DomainError as error:
        return refuse(request, error, then=then)
    if is_meant:
        if not is_script(request):
            messages.success(request, outcome(carried_out, done))
        return succeed(request, then=then)
    return ask_staff(request, asking(question(carried_out), carried_out), **changes(carried_out))
