"""The address that a request came from, behind as many proxies as are ours (`TRUSTED_PROXY_COUNT`)."""

import ipaddress
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse


class ClientAddressMiddleware:
    """Sets `REMOTE_ADDR`, which throttles, login limits, and records go by.

    Each proxy appends the address that it was reached from to `X-Forwarded-For`, so the entry that our outermost proxy
    wrote is the n-th from the right, n being the number of proxies. What stands left of it is the client's own claim.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.TRUSTED_PROXY_COUNT:
            forwarded_for = request.headers.get("X-Forwarded-For", "")
            address = address_of(forwarded_for, settings.TRUSTED_PROXY_COUNT)
            request.META["REMOTE_ADDR"] = address or request.META.get("REMOTE_ADDR", "")
        return self.get_response(request)


def address_of(forwarded_for: str, proxy_count: int) -> str:
    """The `proxy_count`-th address from the right of `X-Forwarded-For`; empty if there is none or it is no address."""
    entries = [entry.strip() for entry in forwarded_for.split(",")]
    if len(entries) < proxy_count:
        return ""
    try:
        return str(ipaddress.ip_address(entries[-proxy_count].strip("[]")))
    except ValueError:
        return ""
