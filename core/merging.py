"""One list out of several that are each read by falling ids: by time, and each thing once however pages are turned. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Item(Generic[T_co]):
    """A thing of one list, or (`row` is None) one that was looked at and isn't shown. `position`: its id, the lowest of several."""

    at: datetime
    position: int
    row: T_co | None


@dataclass(frozen=True, slots=True)
class Chunk(Generic[T_co]):
    """The next things of one list, the newest first.

    `position`: everything from this id on was shown before (None: nothing). `following`: where to go on below the items;
    None where the list ends with them.
    """

    items: Sequence[Item[T_co]]
    position: int | None = None
    following: int | None = None


@dataclass(frozen=True, slots=True)
class Merged(Generic[T]):
    """A page, and up to where each list was used for it. `is_last`: nothing is left in any of them."""

    rows: list[T]
    positions: tuple[int | None, ...]
    is_last: bool


def merge(chunks: Sequence[Chunk[T]], limit: int) -> Merged[T]:
    """At most `limit` rows, the newest first. Fewer where one list was not read far enough to know what comes next."""
    rows: list[T] = []
    used = [0] * len(chunks)
    while len(rows) < limit and not any(_is_used_up(chunk, n) for chunk, n in zip(chunks, used, strict=True)):
        heads = [
            (chunk.items[n].at, -number)
            for number, (chunk, n) in enumerate(zip(chunks, used, strict=True))
            if n < len(chunk.items)
        ]
        if not heads:
            break
        number = -max(heads)[1]
        row = chunks[number].items[used[number]].row
        used[number] += 1
        if row is not None:
            rows.append(row)
    pairs = list(zip(chunks, used, strict=True))
    is_last = all(
        chunk.following is None and all(item.row is None for item in chunk.items[n:]) for chunk, n in pairs
    )
    return Merged(rows, tuple(_position(chunk, n) for chunk, n in pairs), is_last)


def _is_used_up(chunk: Chunk[object], used: int) -> bool:
    """Whether what comes next in the list was not read."""
    return used == len(chunk.items) and chunk.following is not None


def _position(chunk: Chunk[object], used: int) -> int | None:
    if _is_used_up(chunk, used):
        return chunk.following
    return chunk.items[used - 1].position if used else chunk.position
