"""The channel layer of production: Channels' own on Redis, which also sends from code without an event loop.

A worker that serves pages has no loop. One made for each push would connect to Redis anew each time; here a process keeps its
connections (`redis.Redis` opens its own after a fork).
"""

from collections.abc import Sequence
from typing import Any

import redis
from channels_redis.pubsub import RedisPubSubChannelLayer
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as ConnectionLost
from redis.retry import Retry

PREFIX = "asgi"
SECONDS = 1.0  # for an answer: whoever made the change is waiting for theirs


class RedisLayer(RedisPubSubChannelLayer):  # type: ignore[misc]
    """One Redis, `address` and `socket_connect_timeout` (seconds)."""

    def __init__(self, *, address: str, socket_connect_timeout: float) -> None:
        host = {"address": address, "socket_connect_timeout": socket_connect_timeout}
        super().__init__(hosts=[host], prefix=PREFIX)
        # Once more where a kept connection was lost meanwhile; a Redis that is silent is not asked twice.
        again = Retry(NoBackoff(), 1, supported_errors=(ConnectionLost,))
        self._redis = redis.Redis.from_url(
            address, socket_connect_timeout=socket_connect_timeout, socket_timeout=SECONDS, retry=again
        )

    def send_now(self, messages: Sequence[tuple[Sequence[str], dict[str, Any]]]) -> None:
        """Send each message to its groups, from synchronous code in one turn. Raises redis.exceptions.RedisError."""
        pipeline = self._redis.pipeline(transaction=False)
        for groups, message in messages:
            body = self.serialize(message)
            for group in groups:
                pipeline.publish(f"{PREFIX}__group__{group}", body)
        pipeline.execute()
