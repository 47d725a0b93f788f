"""A moment ahead, as a person says it."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from core.days import write_clock


def describe_time(at: datetime, now: datetime, time_zone: str) -> str:
    """A moment ahead as a person there says it: "at 2:31 AM", "tomorrow at 12:00 AM", "on November 3 at 12:00 AM".

    Rounded up to the minute, so that at the time named it is true.
    """
    local = (at + timedelta(minutes=1) - timedelta(microseconds=1)).astimezone(ZoneInfo(time_zone))
    time = write_clock(local, time_zone)
    ahead = (local.date() - now.astimezone(ZoneInfo(time_zone)).date()).days
    if ahead == 0:
        return _("at %(time)s") % {"time": time}
    if ahead == 1:
        return _("tomorrow at %(time)s") % {"time": time}
    return _("on %(day)s at %(time)s") % {"day": f"{local:%B} {local.day}", "time": time}
