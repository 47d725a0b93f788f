"""The address and scheme that a request came by, behind proxies of ours (`TRUSTED_PROXY_COUNT`, `TRUSTED_PROXIES`)."""

import ipaddress
from collections.abc import Callable, Sequence
from functools import cache, lru_cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse

_CLAIMS = (
    "HTTP_FORWARDED",
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PORT",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_REAL_IP",
)


class ClientAddressMiddleware:
    """Sets `REMOTE_ADDR`, which throttles, login limits, and records go by.

    Forwarding headers count only from our own proxies. From anybody else they are removed before anything reads them,
    X-Forwarded-Proto included.

    Each proxy appends the address that it was reached from to `X-Forwarded-For`, so the entry that our outermost proxy
    wrote is the n-th from the right, n being the number of proxies. What stands left of it is the client's own claim.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not is_proxy(request.META.get("REMOTE_ADDR", "")):
            for name in _CLAIMS:
                request.META.pop(name, None)
        elif settings.TRUSTED_PROXY_COUNT:
            forwarded_for = request.headers.get("X-Forwarded-For", "")
            address = address_of(forwarded_for, settings.TRUSTED_PROXY_COUNT)
            request.META["REMOTE_ADDR"] = address or request.META.get("REMOTE_ADDR", "")
        return self.get_response(request)


def is_proxy(peer: str) -> bool:
    """Whether who is connected may be a proxy of ours. A socket file, which has no address, is this machine's own."""
    return not peer or _is_within(peer, tuple(settings.TRUSTED_PROXIES))


@lru_cache(1_000)  # peers: mostly our own proxies
def _is_within(peer: str, networks: Sequence[str]) -> bool:
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return any((mapped or address) in network for network in _networks(networks))


@cache
def _networks(names: Sequence[str]) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    return [ipaddress.ip_network(name) for name in names]


def address_of(forwarded_for: str, proxy_count: int) -> str:
    """The `proxy_count`-th address from the right of `X-Forwarded-For`; empty if there is none or it is no address."""
    entries = [entry.strip() for entry in forwarded_for.split(",")]
    if len(entries) < proxy_count:
        return ""
    try:
        return str(ipaddress.ip_address(entries[-proxy_count].strip("[]")))
    except ValueError:
        return ""
