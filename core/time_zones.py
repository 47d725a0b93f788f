"""The time zones that the tz database has."""

from functools import cache
from zoneinfo import available_timezones


@cache
def known_time_zones() -> frozenset[str]:
    """All their names. Read once a process: Python looks through a directory of files for them."""
    return frozenset(available_timezones())
