"""Django's Redis cache, without which everything goes on: what is kept there (rates of requests) is then kept per process."""

import logging
import time
from typing import Any, ClassVar

from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

PAUSE_SECONDS = (
    2.0  # after a failure Redis is left alone for so long: a silent one would cost each request its time-out
)


# While Redis is away. More entries than one process sees in a minute of an attack; the oldest go first.
_LOCAL = {"OPTIONS": {"MAX_ENTRIES": 20_000}}


class OptionalRedisCache(RedisCache):
    """While Redis does not answer, the memory of each process stands in: limits still hold, once per process.

    It begins empty at each failure's start and is not carried over to Redis afterwards. Each failure is logged.
    """

    _asked_again_at: ClassVar[float] = 0.0  # monotonic seconds; of the whole process

    def __init__(self, server: Any, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._local = LocMemCache("instead of Redis", {**params, **_LOCAL})

    def is_available(self) -> bool:
        """Whether Redis answers now."""
        try:
            return bool(self._cache.get_client().ping())
        except (RedisError, OSError):
            return False

    def add(self, *args: Any, **kwargs: Any) -> Any:
        return self._attempt(super().add, self._local.add, *args, **kwargs)

    def get(self, *args: Any, **kwargs: Any) -> Any:
        return self._attempt(super().get, self._local.get, *args, **kwargs)

    def set(self, *args: Any, **kwargs: Any) -> Any:
        return self._attempt(super().set, self._local.set, *args, **kwargs)

    def touch(self, *args: Any, **kwargs: Any) -> Any:
        return self._attempt(super().touch, self._local.touch, *args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        return self._attempt(super().delete, self._local.delete, *args, **kwargs)

    def get_many(self, *args: Any, **kwargs: Any) -> Any:
        return self._attempt(super().get_many, self._local.get_many, *args, **kwargs)

    def has_key(self, *args: Any, **kwargs: Any) -> Any:
        return self._attempt(super().has_key, self._local.has_key, *args, **kwargs)

    def incr(self, *args: Any, **kwargs: Any) -> Any:
        """Raises ValueError for a key that is not there, as both caches do."""
        return self._attempt(super().incr, self._local.incr, *args, **kwargs)

    def set_many(self, *args: Any, **kwargs: Any) -> Any:
        return self._attempt(super().set_many, self._local.set_many, *args, **kwargs)

    def delete_many(self, *args: Any, **kwargs: Any) -> Any:
        return self._attempt(super().delete_many, self._local.delete_many, *args, **kwargs)

    def clear(self) -> Any:
        self._local.clear()
        return self._attempt(super().clear, self._local.clear)

    def _attempt(self, operation: Any, instead: Any, *args: Any, **kwargs: Any) -> Any:
        kind = OptionalRedisCache
        if time.monotonic() < kind._asked_again_at:
            return instead(*args, **kwargs)
        try:
            return operation(*args, **kwargs)
        except (RedisError, OSError) as error:
            kind._asked_again_at = time.monotonic() + PAUSE_SECONDS
            log.error("Redis does not answer, each process counts for itself: %s", error)
            return instead(*args, **kwargs)
