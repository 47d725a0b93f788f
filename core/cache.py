"""Django's Redis cache, without which everything goes on: what is kept there (rates of requests) may be missing for a while."""

import logging
import time
from typing import Any, ClassVar

from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

PAUSE_SECONDS = (
    2.0  # after a failure Redis is left alone for so long: a silent one would cost each request its time-out
)


class OptionalRedisCache(RedisCache):
    """Answers as an empty cache while Redis does not. Throttles then let everybody through; each failure is logged."""

    _asked_again_at: ClassVar[float] = 0.0  # monotonic seconds; of the whole process

    def is_available(self) -> bool:
        """Whether Redis answers now."""
        try:
            return bool(self._cache.get_client().ping())
        except (RedisError, OSError):
            return False

    def add(self, *args: Any, **kwargs: Any) -> Any:
        return self._attempt(super().add, True, *args, **kwargs)

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return self._attempt(super().get, default, key, default, version)

    def set(self, *args: Any, **kwargs: Any) -> Any:
        return self._attempt(super().set, None, *args, **kwargs)

    def touch(self, *args: Any, **kwargs: Any) -> Any:
        return self._attempt(super().touch, False, *args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        return self._attempt(super().delete, False, *args, **kwargs)

    def get_many(self, *args: Any, **kwargs: Any) -> Any:
        return self._attempt(super().get_many, {}, *args, **kwargs)

    def has_key(self, *args: Any, **kwargs: Any) -> Any:
        return self._attempt(super().has_key, False, *args, **kwargs)

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> Any:
        return self._attempt(super().incr, delta, key, delta, version)

    def set_many(self, data: Any, *args: Any, **kwargs: Any) -> Any:
        return self._attempt(super().set_many, list(data), data, *args, **kwargs)

    def delete_many(self, *args: Any, **kwargs: Any) -> Any:
        return self._attempt(super().delete_many, None, *args, **kwargs)

    def clear(self) -> Any:
        return self._attempt(super().clear, False)

    def _attempt(self, operation: Any, without: Any, *args: Any, **kwargs: Any) -> Any:
        kind = OptionalRedisCache
        if time.monotonic() < kind._asked_again_at:
            return without
        try:
            return operation(*args, **kwargs)
        except (RedisError, OSError) as error:
            kind._asked_again_at = time.monotonic() + PAUSE_SECONDS
            log.error("Redis does not answer, limits on requests are off: %s", error)
            return without
