"""Staff pages beside the admin: the calls that run now."""

from django.contrib import admin, messages
from django.contrib.admin.views.decorators import staff_member_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from core import audit
from core.errors import DomainError
from telephony.selectors import live_calls as select_live_calls
from telephony.services.hang_up import hang_up_as_staff
from telephony.snapshots import board_row


@require_GET
@staff_member_required(login_url="account_login")
def live_calls(request: HttpRequest) -> HttpResponse:
    """Who talks to whom, since when, for how much; newest first."""
    rows = [board_row(call) for call in select_live_calls()]
    context = {**admin.site.each_context(request), "title": "Live calls", "rows": rows}
    return render(request, "backoffice/live_calls.html", context)


@require_POST
@staff_member_required(login_url="account_login")
def hang_up(request: HttpRequest, call_id: str) -> HttpResponse:
    """End a call for the house, on record."""
    try:
        call = hang_up_as_staff(call_id=call_id)
        audit.record(actor=request.user, action="call.hang_up", subject=call, reason="ended from the board")
        messages.success(request, "The call is being ended.")
    except DomainError as error:
        messages.error(request, error.message)
    return HttpResponseRedirect(reverse("backoffice:live-calls"))
