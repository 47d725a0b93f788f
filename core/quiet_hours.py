"""When a phone may buzz: alerts wait for the morning of their reader. Pure."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo


def may_send_at(at: datetime, *, time_zone: str, quiet_from: time, quiet_until: time) -> datetime:
    """`at`, or the end of the quiet hours it falls into, as the reader's clock shows them. `at` is aware.

    Quiet hours may span midnight (21:00 to 9:00); from and until the same: there are none.
    """
    zone = ZoneInfo(time_zone)
    local = at.astimezone(zone)
    now = local.time().replace(tzinfo=None)
    if quiet_from == quiet_until or not _is_quiet(now, quiet_from, quiet_until):
        return at
    day = local.date() + timedelta(days=1) if now >= quiet_until else local.date()
    return datetime.combine(day, quiet_until, tzinfo=zone).astimezone(at.tzinfo)


def _is_quiet(now: time, quiet_from: time, quiet_until: time) -> bool:
    if quiet_from < quiet_until:
        return quiet_from <= now < quiet_until
    return now >= quiet_from or now < quiet_until
