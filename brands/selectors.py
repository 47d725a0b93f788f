"""Which brand answers under a host. Read by every request, so kept in memory for a moment by each process."""

import logging
import time
from typing import ClassVar

from django.db import InterfaceError, OperationalError

from brands.hosts import normalize_host
from brands.models import Brand, BrandHost

log = logging.getLogger(__name__)

MAX_AGE_SECONDS = 5.0


class _Table:
    """The rows as last read, and when (monotonic seconds)."""

    brands: ClassVar[dict[str, Brand]] = {}
    read_at: ClassVar[float] = float("-inf")


def brand_of_host(host: str) -> Brand | None:
    """The active brand that answers under `host` (no port), or None. At most `MAX_AGE_SECONDS` behind the rows.

    While the database cannot be asked, what was read last is believed: its pages say that we are away, in their look.
    """
    at = time.monotonic()
    if at - _Table.read_at >= MAX_AGE_SECONDS:
        rows = BrandHost.objects.filter(brand__is_active=True).select_related("brand")
        try:
            _Table.brands = {row.host: row.brand for row in rows}
        except (OperationalError, InterfaceError):
            if not _Table.brands:
                raise
            log.exception("brands and their hosts stay as they were last read")
        _Table.read_at = at
    return _Table.brands.get(normalize_host(host))


def forget() -> None:
    """Read the table again at the next question (after a change, and between tests)."""
    _Table.read_at = float("-inf")
