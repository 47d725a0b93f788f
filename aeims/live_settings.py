"""Settings of live messages and the cache: Redis where there is one, else PostgreSQL. `aeims.settings` takes each by its name."""

from typing import Any

from aeims.environment import SERVES_PEOPLE, env

REDIS_URL = env("REDIS_URL", default="")
REDIS_TIMEOUT_SECONDS = 1.0
_REDIS_TIMEOUTS = {
    "socket_connect_timeout": REDIS_TIMEOUT_SECONDS,
    "socket_timeout": REDIS_TIMEOUT_SECONDS,
}
_REDIS_LAYER = {
    "BACKEND": "core.redis_layer.RedisLayer",
    "CONFIG": {"address": REDIS_URL, "socket_connect_timeout": REDIS_TIMEOUT_SECONDS},
}
_REDIS_CACHE = {
    "BACKEND": "core.cache.OptionalRedisCache",
    "LOCATION": REDIS_URL,
    "OPTIONS": _REDIS_TIMEOUTS,
}
# Limits on requests are counted in it, by all who serve together; who serves nobody needs no table for it.
_CACHE = {
    "BACKEND": "core.database_cache.DatabaseCache"
    if SERVES_PEOPLE
    else "django.core.cache.backends.locmem.LocMemCache"
}
_LAYER = {"BACKEND": "core.channel_layer.NotifyChannelLayer"}
CHANNEL_LAYERS: dict[str, Any] = {"default": _REDIS_LAYER if REDIS_URL else _LAYER}
CACHES: dict[str, Any] = {"default": _REDIS_CACHE if REDIS_URL else _CACHE}
