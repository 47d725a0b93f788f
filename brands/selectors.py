"""Which brand is this? Brands are few and read by every request: kept in memory for a moment."""

import time
from typing import ClassVar

from brands.models import Brand, BrandHost

_KEEP_SECONDS = 5.0


class _Table:
    """The table as last read, and when (monotonic seconds)."""

    brands: ClassVar[dict[str, Brand]] = {}
    read_at: ClassVar[float] = float("-inf")


def brand_of_host(host: str) -> Brand | None:
    """The active brand that answers under `host` (no port), or None. At most 5 s behind the table."""
    at = time.monotonic()
    if at - _Table.read_at > _KEEP_SECONDS:
        rows = BrandHost.objects.filter(brand__is_active=True).select_related("brand")
        _Table.brands, _Table.read_at = {row.host: row.brand for row in rows}, at
    return _Table.brands.get(host.lower())


def forget() -> None:
    """Read the table again at the next question (after a change, and between tests)."""
    _Table.read_at = float("-inf")
