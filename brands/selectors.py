"""Which brand answers under a host, and which services are paused. Asked by every request, so kept in memory for a moment
by each process.
"""

import logging
import time
from typing import ClassVar

from django.db import InterfaceError, OperationalError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from brands.hosts import normalize_host
from brands.models import Brand, BrandHost, BrandText, PausedService
from brands.states import Service
from core.errors import Unavailable

log = logging.getLogger(__name__)

MAX_AGE_SECONDS = 5.0
PAUSED = {
    Service.CALLS: gettext_noop(
        "We’ve paused new calls for a moment. Your money and minutes are safe; please try again later."
    ),
    Service.LOADS: gettext_noop("We’ve paused card payments for a moment. Please try again later."),
    Service.PAYOUTS: gettext_noop(
        "Payouts are paused. Someone who may pause services has to resume them first."
    ),
}


class _Table:
    """The rows as last read, and when (monotonic seconds)."""

    brands: ClassVar[dict[str, Brand]] = {}
    paused: ClassVar[frozenset[str]] = frozenset()
    read_at: ClassVar[float] = float("-inf")


def brand_of_host(host: str) -> Brand | None:
    """The active brand that answers under `host` (no port), or None. At most `MAX_AGE_SECONDS` behind the rows."""
    _read()
    return _Table.brands.get(normalize_host(host))


def published_text(brand: Brand) -> BrandText | None:
    """What staff published last for the brand's home page, if anything."""
    return BrandText.objects.filter(brand=brand, is_published=True).order_by("-id").first()


def is_paused(service: Service) -> bool:
    """Whether the owner paused it. At most `MAX_AGE_SECONDS` behind the rows."""
    _read()
    return service in _Table.paused


def require_not_paused(service: Service) -> None:
    """Raise Unavailable `paused` if the owner paused it."""
    if is_paused(service):
        raise Unavailable(_(PAUSED[service]), code="paused")


def forget() -> None:
    """Read the tables again at the next question (after a change, and between tests)."""
    _Table.read_at = float("-inf")


def _read() -> None:
    """While the database cannot be asked, what was read last is believed: its pages say that we are away, in their look."""
    at = time.monotonic()
    if at - _Table.read_at < MAX_AGE_SECONDS:
        return
    rows = BrandHost.objects.filter(brand__is_active=True).select_related("brand")
    try:
        _Table.brands = {row.host: row.brand for row in rows}
        _Table.paused = frozenset(PausedService.objects.values_list("service", flat=True))
    except (OperationalError, InterfaceError):
        if not _Table.brands:
            raise
        log.exception("brands and their hosts stay as they were last read")
    _Table.read_at = at
