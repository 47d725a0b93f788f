"""Reads Asterisk's own record of what happened: the CEL file (cel_custom, CSV), the durable truth on its host.

Columns: event type, time (`%F %T.%6q`, Asterisk runs in UTC), unique id, linked id, channel name, extra (JSON),
account code, user field. Joined time of a call is from the second BRIDGE_ENTER to the first BRIDGE_EXIT after it
in the call's own bridge. Pure but for `load`, which reads files.
"""

import csv
import io
import json
import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from telephony.adapter.end_reasons import CAUSE_MEDIA_LOST
from telephony.adapter.ids import bridge_id, call_of, leg_of
from telephony.states import Leg

log = logging.getLogger(__name__)

HOLD, UNHOLD = "AEIMS_HOLD", "AEIMS_UNHOLD"  # events of ours: which party put the other on hold, or is back


@dataclass(frozen=True, slots=True)
class CelEvent:
    """One line of the file; `at` is epoch seconds."""

    kind: str
    at: float
    channel_id: str
    extra: dict[str, Any]


@dataclass(frozen=True, slots=True)
class RecordedTalk:
    """What the record says about one call's talk. Times are epoch seconds; `left_at` is None while it is missing:
    the talk goes on, or Asterisk died in it. `held_at`: since when the operator had the customer on hold at the end.
    """

    joined_at: float
    left_at: float | None = None
    left_first: Leg | None = None
    cause: int | None = None
    held_at: float | None = None

    @property
    def is_media_lost(self) -> bool:
        """Whether Asterisk ended it because a leg was silent."""
        return self.cause == CAUSE_MEDIA_LOST

    def silent_ms(self, silence_seconds: int) -> int:
        """How long the leg had been silent that Asterisk ended after `silence_seconds` of silence; 0 for all others."""
        return silence_seconds * 1000 if self.is_media_lost else 0

    def paid_ms(self, silence_seconds: int) -> int | None:
        """How long they talked: joined, but for the operator's hold or the silence at the end. None while it goes on."""
        if self.left_at is None:
            return None
        held_ms = 0 if self.held_at is None else round((self.left_at - self.held_at) * 1000)
        joined_ms = round((self.left_at - self.joined_at) * 1000)
        return max(0, joined_ms - max(held_ms, self.silent_ms(silence_seconds)))


def parse(lines: Iterable[str]) -> Iterator[CelEvent]:
    """Every whole line, in file order. A torn or foreign line is left out: the next one is whole again."""
    for line in lines:
        row = next(csv.reader([line]), [])
        if len(row) < 6 or not line.endswith("\n"):
            continue
        try:
            at = datetime.strptime(row[1], "%Y-%m-%d %H:%M:%S.%f").replace(tzinfo=UTC).timestamp()
            extra = json.loads(row[5]) if row[5] else {}
        except ValueError:
            continue
        yield CelEvent(row[0], at, row[2], extra if isinstance(extra, dict) else {})


def line(kind: str, at: float, channel_id: str, channel_name: str, extra: dict[str, Any]) -> str:
    """One line as Asterisk writes it; the way back of `parse`. The simulated switch keeps its record so."""
    stamp = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    row = io.StringIO()
    fields = [kind, stamp, channel_id, channel_id, channel_name, json.dumps(extra), "", ""]
    csv.writer(row, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow(fields)
    return row.getvalue()


def hold_details(leg: Leg, at: float) -> str:
    """What a hold event of ours says; `at` is Asterisk's time of it, epoch seconds."""
    return f"{leg} {at:.3f}"


def recorded_talk_of(call_id: str, events: Iterable[CelEvent]) -> RecordedTalk | None:
    """The talk of one call; None if its legs were never both in its bridge."""
    inside: set[Leg] = set()
    joined_at = left_at = left_first = None
    causes: dict[Leg, int] = {}
    holds: list[tuple[float, bool]] = []  # the operator's: when, and whether one begins
    for event in events:
        if event.kind in (HOLD, UNHOLD) and (at := _operator_hold(event)) is not None:
            holds.append((at, event.kind == HOLD))
        leg = leg_of(event.channel_id)
        if leg is None:
            continue
        cause = event.extra.get("hangupcause")
        if event.kind == "HANGUP" and isinstance(cause, int):
            causes.setdefault(leg, cause)
        if event.extra.get("bridge_id") != bridge_id(call_id):
            continue
        if event.kind == "BRIDGE_ENTER":
            inside.add(leg)
            if joined_at is None and len(inside) == 2:
                joined_at = event.at
        elif event.kind == "BRIDGE_EXIT":
            inside.discard(leg)
            if joined_at is not None and left_at is None:
                left_at, left_first = event.at, leg
    if joined_at is None:
        return None
    cause = causes.get(left_first) if left_first else None
    return RecordedTalk(joined_at, left_at, left_first, cause, _held_at(holds, left_at))


def _operator_hold(event: CelEvent) -> float | None:
    """When the operator's hold began or ended, by a hold event; None for the customer's."""
    leg, _, at = str(event.extra.get("extra", "")).partition(" ")
    try:
        return float(at) if leg == Leg.OPERATOR else None
    except ValueError:
        return None


def _held_at(holds: list[tuple[float, bool]], left_at: float | None) -> float | None:
    """When the hold began that was on at `left_at` (None: at the end of the record)."""
    held_at = None
    for at, begins in sorted(holds):
        if left_at is not None and at > left_at:
            break
        held_at = (at if held_at is None else held_at) if begins else None
    return held_at


# The longest talk whose beginning is looked for when only the last while of the record is read.
LONGEST_TALK_SECONDS = 6 * 3600


@dataclass(frozen=True, slots=True)
class RecentTalks:
    """What the end of the record knows: the talks that ended, by call id, and the calls whose parties were joined without a
    recorded end. `since` (epoch seconds, Asterisk's): whoever was joined after it is among them; None: no record.
    """

    ended: dict[str, RecordedTalk]
    open_ended: frozenset[str]
    since: float | None


def ended_since(path: Path | None, since: float) -> RecentTalks:
    """All talks that ended at `since` (epoch seconds, Asterisk's) or later. A missing file knows none."""
    begins_at = None if path is None else _begins_at(path)
    if path is None or begins_at is None:
        return RecentTalks({}, frozenset(), None)
    read_from = max(since - LONGEST_TALK_SECONDS, 0)
    stamp = datetime.fromtimestamp(read_from, UTC).strftime("%Y-%m-%d %H:%M:%S")
    events: dict[str, list[CelEvent]] = defaultdict(list)
    for event in _events(path, lambda line: "call_" in line and line.split('","', 2)[1] >= stamp):
        if call_id := call_of(event.channel_id):
            events[call_id].append(event)
    talks = {call_id: recorded_talk_of(call_id, rows) for call_id, rows in events.items()}
    known = {call_id: talk for call_id, talk in talks.items() if talk is not None}
    return RecentTalks(
        {
            call_id: talk
            for call_id, talk in known.items()
            if talk.left_at is not None and talk.left_at >= since
        },
        frozenset(call_id for call_id, talk in known.items() if talk.left_at is None),
        max(begins_at, read_from),
    )


def _begins_at(path: Path) -> float | None:
    """The time of the first line of the record, rotated part included."""
    first = next(_events(path, lambda line: True), None)
    return None if first is None else first.at


def load(path: Path | None, call_ids: Collection[str]) -> dict[str, RecordedTalk]:
    """The talks of these calls, out of the file and the one rotated before it. A missing file knows nothing; one that can't be read
    neither, and the log says so.
    """
    if path is None or not call_ids:
        return {}
    call_id_set = set(call_ids)
    events: dict[str, list[CelEvent]] = defaultdict(list)
    for event in _events(path, lambda line: "call_" in line):
        call_id = call_of(event.channel_id)
        if call_id in call_id_set:
            events[call_id].append(event)
    recorded_talks = {call_id: recorded_talk_of(call_id, rows) for call_id, rows in events.items()}
    return {call_id: talk for call_id, talk in recorded_talks.items() if talk is not None}


def _events(path: Path, is_wanted: Callable[[str], bool]) -> Iterator[CelEvent]:
    """The wanted lines of the file and of the one rotated before it."""
    for part in (path.with_name(path.name + ".1"), path):
        try:
            with part.open(encoding="utf-8", errors="replace", newline="") as file:
                yield from parse(line for line in file if is_wanted(line))
        except FileNotFoundError:
            continue
        except OSError as error:
            log.error("Asterisk's record %s cannot be read: %s", part.name, error.strerror)
