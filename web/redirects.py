"""Where a form leads on to: back to the page it was on, and never to another site."""

from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest
from django.urls import get_script_prefix
from django.utils.http import url_has_allowed_host_and_scheme


def safe_next(request: HttpRequest, otherwise: str = "") -> str:
    """The `next` of a form or an address if it is an address of this site without a host, else `otherwise`.

    Empty: the first page of the site.
    """
    target = request.POST.get("next") or request.GET.get("next") or ""
    return (
        target
        if url_has_allowed_host_and_scheme(target, allowed_hosts=None)
        else otherwise or get_script_prefix()
    )


def referring_page(request: HttpRequest) -> str:
    """For a form that was refused: the page it was on, which can be opened again; the form's own address cannot."""
    try:
        came_from = urlsplit(request.headers.get("Referer", ""))
    except ValueError:  # such as half of an IPv6 address
        return safe_next(request)
    is_ours = came_from.netloc == request.get_host()
    behind = came_from._replace(scheme="", netloc="").geturl() if is_ours else ""
    is_safe = url_has_allowed_host_and_scheme(behind, allowed_hosts=None)
    return safe_next(request, behind if is_safe else "")


def with_next(address: str, target: str) -> str:
    """`address` with `target` as the page to go on to."""
    return f"{address}?{urlencode({'next': target})}" if target else address
