"""The board of calls that run now, kept up to date over a socket (`backoffice.consumers`)."""

from typing import cast

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from backoffice.decorators import ask_staff, render_staff_page, staff_page
from backoffice.live import board_rows, board_state
from backoffice.questions import hang_up_question
from core.confirm import is_confirmed
from core.errors import NotFound
from core.push import time_sequence
from customers.models import User
from telephony.models import Call
from telephony.services.hang_up import hang_up_as_staff
from web.actions import refuse, run_service
from web.forms import reason_of
from web.live import Audience, Viewer
from web.requests import SiteRequest


@require_GET
@staff_page("telephony.view_call")
def live_calls(request: HttpRequest, staff: User) -> HttpResponse:
    """Who talks to whom, since when, for how much; newest first."""
    sequence = time_sequence()
    rows = board_rows()
    return render_staff_page(
        request, "backoffice/live_calls.html", title="Live calls", rows=rows, sequence=sequence
    )


@require_GET
@never_cache
@staff_page("telephony.view_call")
def live(request: HttpRequest, staff: User) -> HttpResponse:
    """The rows as they are now, for the page of the board."""
    update = board_state(Audience.of_request(cast(SiteRequest, request), Viewer.STAFF))
    return JsonResponse({"updates": [update.as_json()]})


@require_http_methods(["GET", "POST"])
@staff_page("telephony.change_call")
def hang_up(request: HttpRequest, staff: User, call_id: str) -> HttpResponse:
    """Ask, then end a call for the platform, on record."""
    then = reverse("backoffice:live-calls")
    if is_confirmed(request):
        return run_service(
            request,
            lambda: hang_up_as_staff(call_id=call_id, actor=staff, reason=reason_of(request)),
            then=then,
            message="The call is being ended.",
        )
    call = (
        Call.objects.filter(call_id=call_id)
        .select_related("customer", "operator", "brand", "authorization")
        .first()
    )
    if call is None or not call.is_live:
        return refuse(request, NotFound("This call is over."), then=then)
    return ask_staff(request, hang_up_question(call, then))
