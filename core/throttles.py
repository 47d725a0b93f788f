"""Limits on requests to the API, which hold for all workers together.

Django REST framework reads a list of times, adds one, and writes it back: of two workers that do so at once, one is not counted. Here a
request is counted by one operation of the cache, in Redis or in the table `core_cache`.
"""

from typing import Any

from rest_framework.throttling import ScopedRateThrottle, SimpleRateThrottle


class CountedRate(SimpleRateThrottle):
    """So many requests from the first one until its minute (hour, day) is over. One that is refused is counted, too."""

    num_requests: int
    duration: int  # seconds

    def allow_request(self, request: Any, view: Any) -> bool:
        if self.rate is None:
            return True
        self.key = self.get_cache_key(request, view)
        return self.key is None or self._count() <= self.num_requests

    def wait(self) -> float:
        """Seconds until the count begins anew."""
        began = self.cache.get(self._beginning)
        return self.duration if began is None else max(self.duration - (self.timer() - began), 1)

    @property
    def _beginning(self) -> str:
        return f"{self.key}.began"

    def _count(self) -> int:
        """How many this is."""
        if self.cache.add(self.key, 1, self.duration):
            self.cache.set(self._beginning, self.timer(), self.duration)
            return 1
        try:
            return int(self.cache.incr(self.key))
        except ValueError:  # the time has just ended
            return 1


class ScopedThrottle(ScopedRateThrottle, CountedRate):
    """By the view's `throttle_scope`, for each person, or address of who is not logged in."""
