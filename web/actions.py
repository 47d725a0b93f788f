"""Run one service from a form or a script, and answer with how it went."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from core.errors import DomainError


def run_service(
    request: HttpRequest, service: Callable[[], object], *, then: str, message: str = ""
) -> HttpResponse:
    """Run `service`. A form is redirected to `then` with a message: `message`, or the error's text.

    A script (`X-Requested-With: fetch`) gets 204, or the error's status and text.
    """
    try:
        service()
    except DomainError as error:
        return refuse(request, error, then=then)
    if message and not is_script(request):
        messages.success(request, message)
    return succeed(request, then=then)


def succeed(request: HttpRequest, *, then: str) -> HttpResponse:
    """204 for a script, whose page hears of the change; a form is redirected to `then`."""
    return HttpResponse(status=204) if is_script(request) else HttpResponseRedirect(then)


def refuse(request: HttpRequest, error: DomainError, *, then: str) -> HttpResponse:
    """The error's status and text for a script; a form is redirected to `then` with the text as a message."""
    if is_script(request):
        return HttpResponse(error.message, status=error.status, content_type="text/plain; charset=utf-8")
    messages.error(request, error.message)
    return HttpResponseRedirect(then)


def is_script(request: HttpRequest) -> bool:
    """Whether a script of ours sent the form in place (`static/js/live-form.js`)."""
    return request.headers.get("X-Requested-With") == "fetch"
