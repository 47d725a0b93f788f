"""The console: one page to work from. Thin: each view asks one selector or calls one service."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from core.parse import whole_number
from messaging.services.block import block
from messaging.states import Side
from operators.models import Operator
from operators.services.presence import set_presence, skip_wrap_up
from operators.services.see_missed_calls import see_missed_calls
from portal.decorators import operator_page
from portal.first_day import due_of, first_day
from portal.live import KINDS, console_state
from portal.notes import keep_note
from portal.push_views import push_switch
from portal.regions import console_context
from portal.services.end_and_report import end_and_report
from telephony.selectors import call_of_operator
from telephony.services.accept_offered_call import accept_offered_call
from telephony.services.hang_up import hang_up_as_operator
from telephony.services.reserve_operator import end_reservations
from telephony.states import ReservationState
from web.actions import run_service
from web.live import Audience, Region, Viewer
from web.requests import SiteRequest


@require_GET
@operator_page
def console(request: HttpRequest, operator: Operator) -> HttpResponse:
    """Presence, the offered or running call, today's figures, conversations. Missed calls are seen now."""
    see_missed_calls(operator_id=operator.pk)
    context = {
        "operator": operator,
        "due": due_of(operator),
        "first_day": first_day(operator),
        "push": push_switch(request, operator),
        **console_context(operator),
    }
    return render(request, "portal/console.html", context)


@require_GET
@never_cache
@operator_page
def live(request: SiteRequest, operator: Operator) -> HttpResponse:
    """What the live regions of a page show now: `?region=console-talk&region=…`."""
    regions = Region.parse_all(request.GET.getlist("region"), KINDS)
    updates = console_state(operator, regions, Audience.of_request(request, Viewer.OPERATOR))
    return JsonResponse({"updates": [update.as_json() for update in updates]})


@require_POST
@operator_page
def presence(request: HttpRequest, operator: Operator) -> HttpResponse:
    """Go online (for so many minutes after the last activity), away or offline."""
    asked, minutes = request.POST.get("presence", ""), request.POST.get("minutes", "")
    span = whole_number(minutes, most=999_999)
    return run_service(
        request,
        lambda: set_presence(operator_id=operator.pk, presence=asked, minutes=span),
        then=reverse("portal:console"),
    )


@require_POST
@operator_page
def release(request: HttpRequest, operator: Operator) -> HttpResponse:
    """Wait no longer for the customer who adds funds."""
    return run_service(
        request,
        lambda: end_reservations(ReservationState.RELEASED, operator=operator.pk),
        then=reverse("portal:console"),
    )


@require_POST
@operator_page
def ready(request: HttpRequest, operator: Operator) -> HttpResponse:
    """Skip what is left of the wrap-up time."""
    return run_service(request, lambda: skip_wrap_up(operator_id=operator.pk), then=reverse("portal:console"))


@require_POST
@operator_page
def accept(request: HttpRequest, operator: Operator, call_id: str) -> HttpResponse:
    """Accept the offered call on the page: one press of 1 on the phone takes it then."""
    return run_service(
        request,
        lambda: accept_offered_call(operator=operator, call_id=call_id),
        then=reverse("portal:console"),
    )


@require_POST
@operator_page
def hang_up(request: HttpRequest, operator: Operator, call_id: str) -> HttpResponse:
    """End the running call."""
    return run_service(
        request,
        lambda: hang_up_as_operator(operator=operator, call_id=call_id),
        then=reverse("portal:console"),
    )


@require_POST
@operator_page
def note(request: HttpRequest, operator: Operator, call_id: str) -> HttpResponse:
    """Keep a note about the caller of one of the operator's own calls."""
    customer_id = call_of_operator(operator, call_id).customer_id
    return keep_note(request, operator, customer_id, then=reverse("portal:console"))


@require_POST
@operator_page
def block_caller(request: HttpRequest, operator: Operator, call_id: str) -> HttpResponse:
    """No more contact with the caller of one of the operator's own calls; a running call goes on until it is ended."""
    call = call_of_operator(operator, call_id)
    return run_service(
        request,
        lambda: block(
            customer_id=call.customer_id, operator_id=operator.pk, side=Side.OPERATOR, actor=operator.user
        ),
        then=reverse("portal:console"),
        message="Blocked. This customer can no longer call or text you.",
    )


@require_POST
@operator_page
def report(request: HttpRequest, operator: Operator, call_id: str) -> HttpResponse:
    """End the call, block the caller, and open a case; what could not be ended is said."""
    return run_service(
        request,
        lambda: end_and_report(operator=operator, call_id=call_id),
        then=reverse("portal:console"),
        message="Ended, blocked, and reported. We’ll email you.",
    )
