"""Error pages in the look of the site: Django's error handlers (`aeims.urls.common`) and pages of expected failures.

Below the API's prefix the answer is JSON in the shape of every API error.
"""

import logging
import sys
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from core.api import RETRY_SECONDS, error_body
from core.db import is_unavailable
from core.errors import DomainError
from core.ids import new_id
from notices.services.tell_owner import tell_owner_of_error
from web.frame import PageFrame
from web.requests import SiteRequest

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _ErrorText:
    title: str
    text: str
    code: str


_TEXTS = {
    400: _ErrorText(
        gettext_noop("We couldn’t read that"), gettext_noop("Please go back and try again."), "invalid"
    ),
    403: _ErrorText(
        gettext_noop("You can’t see this page"),
        gettext_noop("You may need to log in with another account."),
        "not_allowed",
    ),
    404: _ErrorText(
        gettext_noop("Page not found"),
        gettext_noop("It may have moved, or it may belong to someone else."),
        "not_found",
    ),
    500: _ErrorText(
        gettext_noop("Something broke on our side"),
        gettext_noop(
            "We’ve been notified. You weren’t charged for this. If you’re on a call, it continues. Hang up on your phone as usual."
        ),
        "error",
    ),
    503: _ErrorText(
        gettext_noop("We’ll be right back"),
        gettext_noop(
            "Please try again in a minute. If you’re on a call, it continues. Hang up on your phone as usual."
        ),
        "unavailable",
    ),
}
_OTHER = _ErrorText(gettext_noop("That didn’t work"), gettext_noop("Please go back and try again."), "error")


def bad_request(request: SiteRequest, exception: Exception | None = None) -> HttpResponse:
    """400: a request that no view could read."""
    return _respond(request, 400)


def forbidden(request: SiteRequest, exception: Exception | None = None) -> HttpResponse:
    """403: a view refused."""
    return _respond(request, 403)


def csrf_failure(request: SiteRequest, reason: str = "") -> HttpResponse:
    """The form's token was missing or old (`CSRF_FAILURE_VIEW`)."""
    text = _(
        "This form was open for too long, or cookies are off. Please go back, reload the page, and try again."
    )
    return _respond(request, 403, title=_("Please try again"), text=text)


def not_found(request: SiteRequest, exception: Exception | None = None) -> HttpResponse:
    """404: no such address, or not theirs."""
    return _respond(request, 404)


def server_error(request: SiteRequest) -> HttpResponse:
    """500: something crashed; it is in the log. 503 where it was the database that could not be asked."""
    error = sys.exc_info()[1]
    if not is_unavailable(error):
        return _respond(request, 500, reference=_report(request, error))
    response = _respond(request, 503)
    response["Retry-After"] = str(RETRY_SECONDS)
    return response


def _report(request: SiteRequest, error: BaseException | None) -> str:
    """Tell log and owner the error's type and place, under a reference that the visitor sees too; the reference."""
    reference, kind = new_id("error"), type(error).__name__
    match = getattr(request, "resolver_match", None)
    route = (match and match.view_name) or "no route"
    log.error("%s: %s at %s", reference, kind, route)
    try:
        tell_owner_of_error(error=kind, route=route, reference=reference)
    except Exception:
        log.exception("the owner could not be told of %s", reference)
    return reference


def error_page(request: SiteRequest, error: DomainError) -> HttpResponse:
    """An expected failure as a page of its own, with its status."""
    title = "" if error.status in _TEXTS and error.status != 400 else _(_OTHER.title)
    is_for_customers = error.status == 404 and request.brand is not None
    text = _(_TEXTS[404].text) if is_for_customers else error.message
    return _respond(request, error.status, title=title, text=text)


def _respond(
    request: SiteRequest, status: int, *, title: str = "", text: str = "", reference: str = ""
) -> HttpResponse:
    error_text = _TEXTS.get(status, _OTHER)
    if request.path.startswith(settings.API_PREFIX):
        return JsonResponse(error_body(f"{_(error_text.title)}.", error_text.code), status=status)
    # When something is broken, leave out what could be broken too: the session, the database.
    frame = PageFrame(request, is_bare=status >= 500)
    context = {
        "frame": frame,
        "status": status,
        "title": title or _(error_text.title),
        "text": text or _(error_text.text),
        "reference": reference,
    }
    with_request = request if status < 500 else None
    return HttpResponse(render_to_string("errors/error.html", context, with_request), status=status)
