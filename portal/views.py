"""The operators' site: one console to work from. Thin: each view asks one selector or calls one service."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from core import clock
from core.errors import DomainError
from operators.models import Operator
from operators.selectors import earned_today_minor
from operators.services.presence import set_presence
from telephony.consumers import console_message
from telephony.services.accept import accept_call
from telephony.services.hang_up import hang_up_as_operator

P = ParamSpec("P")


def for_operators(
    view: Callable[Concatenate[HttpRequest, Operator, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Only for logged-in operators; anybody else who is logged in is told, kindly, that this is not their site."""

    @wraps(view)
    @login_required
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        operator = Operator.objects.select_related("user").filter(user_id=request.user.pk).first()
        if operator is None:
            return render(request, "portal/not_an_operator.html", status=403)
        return view(request, operator, *args, **kwargs)

    return guarded


@require_GET
@for_operators
def console(request: HttpRequest, operator: Operator) -> HttpResponse:
    """Presence, the running call, today's earnings."""
    context = {
        "operator": operator,
        "snapshot": console_message(operator),
        "earned_today_minor": earned_today_minor(operator, clock.now()),
    }
    return render(request, "portal/console.html", context)


@require_POST
@for_operators
def presence(request: HttpRequest, operator: Operator) -> HttpResponse:
    """Go online, away or offline."""
    return _act(
        request, lambda: set_presence(operator_id=operator.pk, presence=request.POST.get("presence", ""))
    )


@require_POST
@for_operators
def accept(request: HttpRequest, operator: Operator, call_id: str) -> HttpResponse:
    """Take the offered call from the page: counts as pressing 1 on the phone that rings."""
    return _act(request, lambda: accept_call(operator=operator, call_id=call_id))


@require_POST
@for_operators
def hang_up(request: HttpRequest, operator: Operator, call_id: str) -> HttpResponse:
    """End the running call."""
    return _act(request, lambda: hang_up_as_operator(operator=operator, call_id=call_id))


def _act(request: HttpRequest, act: Callable[[], object]) -> HttpResponse:
    """Run one service; a script gets 204 or the error's words, a form goes back to the console."""
    is_script = request.headers.get("X-Requested-With") == "fetch"
    try:
        act()
    except DomainError as error:
        if is_script:
            return HttpResponse(error.message, status=error.status, content_type="text/plain; charset=utf-8")
        messages.error(request, error.message)
    return HttpResponse(status=204) if is_script else HttpResponseRedirect(reverse("portal:console"))
