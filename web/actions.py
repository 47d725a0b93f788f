"""Run one service from a form or a script, and answer with how it went."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from core.errors import DomainError


def run_service(
    request: HttpRequest, service: Callable[[], object], *, then: str, said: str = ""
) -> HttpResponse:
    """Run `service`. A form is redirected to `then` with a message: `said`, or the error's text.

    A script (`X-Requested-With: fetch`) gets 204, or the error's status and text.
    """
    is_script = request.headers.get("X-Requested-With") == "fetch"
    try:
        service()
    except DomainError as error:
        if is_script:
            return HttpResponse(error.message, status=error.status, content_type="text/plain; charset=utf-8")
        messages.error(request, error.message)
        return HttpResponseRedirect(then)
    if is_script:
        return HttpResponse(status=204)
    if said:
        messages.success(request, said)
    return HttpResponseRedirect(then)
