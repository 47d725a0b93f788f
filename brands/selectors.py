"""Which brand answers under a host. Read by every request, so kept in memory for a moment by each process."""

import time
from typing import ClassVar

from brands.hosts import normalize_host
from brands.models import Brand, BrandHost

MAX_AGE_SECONDS = 5.0


class _Table:
    """The rows as last read, and when (monotonic seconds)."""

    brands: ClassVar[dict[str, Brand]] = {}
    read_at: ClassVar[float] = float("-inf")


def brand_of_host(host: str) -> Brand | None:
    """The active brand that answers under `host` (no port), or None. At most `MAX_AGE_SECONDS` behind the rows."""
    at = time.monotonic()
    if at - _Table.read_at >= MAX_AGE_SECONDS:
        rows = BrandHost.objects.filter(brand__is_active=True).select_related("brand")
        _Table.brands, _Table.read_at = {row.host: row.brand for row in rows}, at
    return _Table.brands.get(normalize_host(host))


def forget() -> None:
    """Read the table again at the next question (after a change, and between tests)."""
    _Table.read_at = float("-inf")
