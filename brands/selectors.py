"""Which brand is this? Brands are few and read by every request: kept in memory for a moment."""

import time

from brands.models import Brand, BrandHost

_KEEP_SECONDS = 5.0
_kept: tuple[float, dict[str, Brand]] | None = None


def brand_of_host(host: str) -> Brand | None:
    """The active brand that answers under `host` (no port), or None. At most 5 s behind the table."""
    global _kept
    at = time.monotonic()
    if _kept is None or at - _kept[0] > _KEEP_SECONDS:
        rows = BrandHost.objects.filter(brand__is_active=True).select_related("brand")
        _kept = (at, {row.host: row.brand for row in rows})
    return _kept[1].get(host.lower())


def forget() -> None:
    """Read the table again at the next question (after a change, and between tests)."""
    global _kept
    _kept = None
