"""The board of calls that run now, kept up to date over a socket (`backoffice.consumers`)."""

from typing import cast

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from backoffice.decorators import render_staff_page, staff_page
from backoffice.live import board_rows, board_state
from core import audit
from core.push import time_sequence
from customers.models import User
from telephony.services.hang_up import hang_up_as_staff
from web.actions import run_service
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


@require_POST
@staff_page("telephony.change_call")
def hang_up(request: HttpRequest, staff: User, call_id: str) -> HttpResponse:
    """End a call for the house, on record."""

    def end() -> None:
        call = hang_up_as_staff(call_id=call_id)
        audit.record(actor=staff, action="call.hang_up", subject=call, reason="ended from the board")

    return run_service(request, end, then=reverse("backoffice:live-calls"), said="The call is being ended.")
