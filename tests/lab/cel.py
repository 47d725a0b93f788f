"""The truth about joined time, from Asterisk's event record alone.

A call's joined time runs from the second BRIDGE_ENTER of its bridge to the first BRIDGE_EXIT after it. Written for
the tests apart from the product's own reader, so that one mistake cannot hide in both. Whole microseconds, UTC.
"""

import csv
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Line:
    """One event, in the order of the fields in `cel_custom.conf`."""

    kind: str
    at: datetime
    channel_id: str
    linked_id: str
    channel_name: str
    extra: dict[str, str]
    account_code: str
    user_field: str


@dataclass(frozen=True, slots=True)
class Joined:
    """When both were in the bridge. `left_at` is None if no exit was recorded."""

    joined_at: datetime
    left_at: datetime | None

    @property
    def microseconds(self) -> int | None:
        if self.left_at is None:
            return None
        return (self.left_at - self.joined_at) // timedelta(microseconds=1)


def read(file: Path) -> list[Line]:
    """All events so far; a line still being written is left out."""
    if not file.exists():
        return []
    text = file.read_text()
    return parse(text[: text.rfind("\n") + 1])


def parse(text: str) -> list[Line]:
    """The events of whole lines."""
    return [_line(row) for row in csv.reader(text.splitlines()) if row]


def joined(file: Path, bridge_id: str) -> Joined | None:
    """When both legs were joined in this bridge, or None if they never were."""
    return joined_in(read(file), bridge_id)


def joined_in(lines: Iterable[Line], bridge_id: str) -> Joined | None:
    """The same from events at hand."""
    inside: set[str] = set()
    joined_at = None
    for line in lines:
        if line.extra.get("bridge_id") != bridge_id:
            continue
        if line.kind == "BRIDGE_ENTER":
            inside.add(line.channel_id)
            if len(inside) == 2 and joined_at is None:
                joined_at = line.at
        elif line.kind == "BRIDGE_EXIT" and joined_at is not None:
            return Joined(joined_at, line.at)
    return Joined(joined_at, None) if joined_at else None


def _line(row: list[str]) -> Line:
    kind, at, channel_id, linked_id, channel_name, extra, account_code, user_field = row
    when = datetime.strptime(at, "%Y-%m-%d %H:%M:%S.%f").replace(tzinfo=UTC)
    return Line(
        kind, when, channel_id, linked_id, channel_name, json.loads(extra or "{}"), account_code, user_field
    )
