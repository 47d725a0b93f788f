"""Django's cache as a table, for servers without Redis: limits on requests count for all workers together.

One statement for each operation, and each is atomic, so that two workers lose no count. The table is unlogged: it is empty after
a crash of PostgreSQL, as a cache may be. Keys are hashed, for they hold addresses; values are what JSON can say. Inside a
transaction that is undone, what was counted is undone as well.
"""

import json
import random
from typing import Any

from django.conf import settings
from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.db import connection

from core.keyed_hash import keyed_hash

_LIVE = "expires_at > clock_timestamp()"
_EXPIRES = "coalesce(clock_timestamp() + make_interval(secs => %s), 'infinity')"
_GET = f"SELECT value::text FROM core_cache WHERE key = %s AND {_LIVE}"  # noqa: S608
_SET = (
    f"INSERT INTO core_cache AS old (key, value, expires_at) VALUES (%s, %s, {_EXPIRES}) "  # noqa: S608
    "ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at"
)
_ADD = f"{_SET} WHERE old.expires_at <= clock_timestamp()"
_TOUCH = f"UPDATE core_cache SET expires_at = {_EXPIRES} WHERE key = %s AND {_LIVE}"  # noqa: S608
_INCREASE = (
    "UPDATE core_cache SET value = to_jsonb((value #>> '{}')::bigint + %s) "  # noqa: S608
    f"WHERE key = %s AND {_LIVE} RETURNING value::text"
)
_DELETE = "DELETE FROM core_cache WHERE key = %s"
# What has expired goes a few at a time, with one write of many; two that do so don't wait for each other.
_DELETE_OLD = (
    "DELETE FROM core_cache WHERE key IN (SELECT key FROM core_cache WHERE expires_at <= clock_timestamp() "
    "ORDER BY expires_at LIMIT 1000 FOR UPDATE SKIP LOCKED)"
)
_WRITES_PER_SWEEP = 200


class DatabaseCache(BaseCache):
    """`settings.CACHES` without Redis, where people are served. Its clock is the database's."""

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        super().__init__(params)

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        rows = self._run(_GET, [self._hashed(key, version)])
        return json.loads(rows[0][0]) if rows else default

    def set(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        self._write(_SET, key, value, timeout, version)

    def add(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return bool(self._write(f"{_ADD} RETURNING 1", key, value, timeout, version))

    def touch(self, key: str, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return bool(self._run(f"{_TOUCH} RETURNING 1", [self._seconds(timeout), self._hashed(key, version)]))

    def delete(self, key: str, version: int | None = None) -> bool:
        return bool(self._run(f"{_DELETE} RETURNING 1", [self._hashed(key, version)]))

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        """Raises ValueError for a key that is not there."""
        rows = self._run(_INCREASE, [delta, self._hashed(key, version)])
        if not rows:
            raise ValueError("Key not found.")
        return int(json.loads(rows[0][0]))

    def has_key(self, key: str, version: int | None = None) -> bool:
        return bool(self._run(_GET, [self._hashed(key, version)]))

    def clear(self) -> None:
        self._run("DELETE FROM core_cache RETURNING 1", [])

    def _write(self, statement: str, key: str, value: Any, timeout: Any, version: int | None) -> Any:
        if random.randrange(_WRITES_PER_SWEEP) == 0:  # noqa: S311 (which write tidies up is no secret)
            self._run(f"{_DELETE_OLD} RETURNING 1", [])
        returning = statement if "RETURNING" in statement else f"{statement} RETURNING 1"
        return self._run(returning, [self._hashed(key, version), json.dumps(value), self._seconds(timeout)])

    def _hashed(self, key: str, version: int | None) -> bytes:
        name = self.make_and_validate_key(key, version=version)
        return keyed_hash(name, key=settings.HASH_KEYS[0], purpose="cache")

    def _seconds(self, timeout: Any) -> float | None:
        """None: it never expires."""
        return self.default_timeout if timeout is DEFAULT_TIMEOUT else timeout

    def _run(self, statement: str, parameters: list[Any]) -> Any:
        with connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            return cursor.fetchall()
