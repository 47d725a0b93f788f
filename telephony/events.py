"""What the adapter reports, one type per kind of fact. Pure: both sides build and read events through these.

A fact travels as strings in an event's metadata (`telephony.wire.CallEvent`). `fact_of` reads them once, on entry: an
unusable value that can be done without is ignored, one that a settlement needs raises ValueError.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, TypeVar

from telephony.states import EndedBy, EndReason, EventState, Leg

W = TypeVar("W", Leg, EndedBy, EndReason)

# Far enough for any honest clock, near enough that a date can always be made of it (year 2001 to 2286).
EARLIEST, LATEST = 1_000_000_000.0, 9_999_999_999.0


@dataclass(frozen=True, slots=True)
class Ringing:
    """A phone rings. `leg` is None where the event names no known one."""

    state: ClassVar[EventState] = EventState.RINGING
    leg: Leg | None

    def metadata(self) -> dict[str, str]:
        return {} if self.leg is None else {"leg": str(self.leg)}


@dataclass(frozen=True, slots=True)
class Answered:
    """A phone was answered; its owner has not pressed a key yet.

    `has_no_key`: reported once more, some seconds later, where that is still so: the phone may screen its calls.
    """

    state: ClassVar[EventState] = EventState.ANSWERED
    leg: Leg | None
    has_no_key: bool = False

    def metadata(self) -> dict[str, str]:
        data = {} if self.leg is None else {"leg": str(self.leg)}
        return data | ({"key": "none"} if self.has_no_key else {})


@dataclass(frozen=True, slots=True)
class Started:
    """Both are joined since `joined_at` (epoch seconds); None: since the event's own time."""

    state: ClassVar[EventState] = EventState.STARTED
    joined_at: float | None = None

    def metadata(self) -> dict[str, str]:
        return {} if self.joined_at is None else {"joined_at": f"{self.joined_at:.3f}"}


@dataclass(frozen=True, slots=True)
class Progress:
    """A question: how long may the call go on? Joined for `elapsed_ms` by the adapter's monotonic clock.

    `held_by` are the parties that have the other on hold now; None: an older adapter, which does not know.
    `may_offer`: the customer is about to be warned, and can be offered to add funds by a key.
    """

    state: ClassVar[EventState] = EventState.PROGRESS
    elapsed_ms: int | None = None
    held_by: tuple[Leg, ...] | None = None
    may_offer: bool = False

    def metadata(self) -> dict[str, str]:
        data = {} if self.elapsed_ms is None else {"elapsed_ms": str(self.elapsed_ms)}
        data |= {"may_offer": "1"} if self.may_offer else {}
        return data if self.held_by is None else data | {"held_by": ",".join(self.held_by)}


@dataclass(frozen=True, slots=True)
class AddFunds:
    """The customer pressed the key that adds the funds they were offered. Worth nothing once the call is over."""

    state: ClassVar[EventState] = EventState.ADD_FUNDS

    def metadata(self) -> dict[str, str]:
        return {}


@dataclass(frozen=True, slots=True)
class JoinedSpan:
    """How long both talked, as an ending carries it: epoch seconds, whole milliseconds, the clocks' difference.

    `unpaid_ms`: how much longer the bridge held both, on hold or in silence; for the record.
    """

    joined_at: float | None = None
    left_at: float | None = None
    joined_ms: int | None = None
    clock_difference_ms: int = 0
    unpaid_ms: int = 0

    def metadata(self) -> dict[str, str]:
        data = {}
        if self.joined_at is not None:
            data["joined_at"] = f"{self.joined_at:.3f}"
        if self.left_at is not None:
            data["left_at"] = f"{self.left_at:.3f}"
        if self.joined_ms is not None:
            data["joined_ms"] = data["elapsed_ms"] = str(self.joined_ms)
        if self.clock_difference_ms:
            data["clock_difference_ms"] = str(self.clock_difference_ms)
        if self.unpaid_ms:
            data["unpaid_ms"] = str(self.unpaid_ms)
        return data


@dataclass(frozen=True, slots=True)
class Ended:
    """The call is over; `state` is how, in the API's words. `span` is empty for a call that was never joined.

    `phone`: on which of the operator's phones, where the ending is about one of them; the name that the call plan has for it.
    """

    state: EventState
    why: EndReason | None
    ended_by: EndedBy
    leg: Leg | None = None
    span: JoinedSpan = JoinedSpan()
    phone: str = ""

    def metadata(self) -> dict[str, str]:
        data = {"ended_by": str(self.ended_by)}
        if self.why is not None:
            data["why"] = str(self.why)
        if self.leg is not None:
            data["leg"] = str(self.leg)
        if self.phone:
            data["phone"] = self.phone
        return data | self.span.metadata()


Fact = Ringing | Answered | Started | Progress | AddFunds | Ended


def fact_of(state: EventState, metadata: Mapping[str, str]) -> Fact:
    """The fact that an event of `state` reports. Raises ValueError where an ending's joined time can't be read."""
    match state:
        case EventState.RINGING:
            return Ringing(_leg(metadata, Leg.CUSTOMER))
        case EventState.ANSWERED:
            return Answered(_leg(metadata, Leg.CUSTOMER), has_no_key=metadata.get("key") == "none")
        case EventState.STARTED:
            return Started(_seconds(metadata, "joined_at"))
        case EventState.PROGRESS:
            return Progress(
                _milliseconds(metadata, "elapsed_ms"),
                _legs(metadata, "held_by"),
                may_offer=metadata.get("may_offer") == "1",
            )
        case EventState.ADD_FUNDS:
            return AddFunds()
        case _:
            return Ended(
                state=state,
                why=_word(EndReason, metadata.get("why")),
                ended_by=_word(EndedBy, metadata.get("ended_by")) or EndedBy.NETWORK,
                leg=_leg(metadata, None),
                span=_span(metadata),
                phone=metadata.get("phone", ""),
            )


def _span(metadata: Mapping[str, str]) -> JoinedSpan:
    """Whole milliseconds if they can be read, else both ends, else nothing was joined; ValueError if it can't be told."""
    joined_ms = _milliseconds(metadata, "joined_ms")
    joined_at, left_at = _seconds(metadata, "joined_at"), _seconds(metadata, "left_at")
    if joined_ms is None:
        for key, value in (("joined_ms", None), ("joined_at", joined_at), ("left_at", left_at)):
            is_needed = key != "joined_ms" or joined_at is None or left_at is None
            if is_needed and value is None and key in metadata:
                raise ValueError(f"metadata.{key}: unusable")
        if joined_at is not None and left_at is not None:
            joined_ms = max(0, round((left_at - joined_at) * 1000))
    difference, unpaid = (_milliseconds(metadata, key) or 0 for key in ("clock_difference_ms", "unpaid_ms"))
    return JoinedSpan(joined_at, left_at, joined_ms, difference, unpaid)


def _seconds(metadata: Mapping[str, str], key: str) -> float | None:
    text = metadata.get(key, "")
    if not re.fullmatch(r"[0-9]{1,10}(\.[0-9]{1,9})?", text) or not EARLIEST <= float(text) <= LATEST:
        return None
    return float(text)


def _milliseconds(metadata: Mapping[str, str], key: str) -> int | None:
    text = metadata.get(key, "")
    return int(text) if re.fullmatch(r"[0-9]{1,12}", text) else None


def _leg(metadata: Mapping[str, str], default: Leg | None) -> Leg | None:
    return _word(Leg, metadata.get("leg")) if "leg" in metadata else default


def _legs(metadata: Mapping[str, str], key: str) -> tuple[Leg, ...] | None:
    if key not in metadata:
        return None
    legs = (_word(Leg, word) for word in metadata[key].split(","))
    return tuple(leg for leg in legs if leg is not None)


def _word(words: type[W], text: str | None) -> W | None:
    return words(text) if text in set(words) else None
