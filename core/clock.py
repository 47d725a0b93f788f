"""The one clock. Read once at the top of a use case, or after a lock was taken when expiry matters."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime


def _system() -> datetime:
    return datetime.now(UTC)


_source: ContextVar[Callable[[], datetime]] = ContextVar("clock", default=_system)


def now() -> datetime:
    """The time in UTC, aware."""
    return _source.get()()


def is_set() -> bool:
    """Whether `using` gave it a source of its own."""
    return _source.get() is not _system


def epoch_ms(at: datetime | None) -> int | None:
    """A time as pages and scripts count it."""
    return None if at is None else round(at.timestamp() * 1000)


@contextmanager
def using(source: Callable[[], datetime]) -> Iterator[None]:
    """Within this context `now()` asks `source`; for simulations and tests."""
    token = _source.set(source)
    try:
        yield
    finally:
        _source.reset(token)
