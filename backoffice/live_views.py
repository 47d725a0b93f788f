"""The board of calls that run now, kept true over a socket (`telephony.consumers.BoardConsumer`)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from backoffice.decorators import render_staff_page, staff_page
from core import audit
from customers.models import User
from telephony.selectors import live_calls as select_live_calls
from telephony.services.hang_up import hang_up_as_staff
from telephony.snapshots import board_row
from web.actions import run_service


@require_GET
@staff_page("telephony.view_call")
def live_calls(request: HttpRequest, staff: User) -> HttpResponse:
    """Who talks to whom, since when, for how much; newest first. With `?rows=1` the rows alone."""
    rows = [board_row(call) for call in select_live_calls()]
    if request.GET.get("rows"):
        return render(request, "backoffice/live_rows.html", {"rows": rows})
    return render_staff_page(request, "backoffice/live_calls.html", title="Live calls", rows=rows)


@require_POST
@staff_page("telephony.change_call")
def hang_up(request: HttpRequest, staff: User, call_id: str) -> HttpResponse:
    """End a call for the house, on record."""

    def end() -> None:
        call = hang_up_as_staff(call_id=call_id)
        audit.record(actor=staff, action="call.hang_up", subject=call, reason="ended from the board")

    return run_service(request, end, then=reverse("backoffice:live-calls"), said="The call is being ended.")
