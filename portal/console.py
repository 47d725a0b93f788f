"""What the operator's console shows of a call and of their presence, in finished words. Pure: snapshots in, words out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from billing.ledger.models import Transaction
from core.money import format_money
from portal.notes import NoteField
from portal.time_off import TimeOff
from web.holds import operator_hold_words
from web.templatetags.ui import in_minutes, percent
from web.timers import Timer

_HOUR = 3600
NO_CALL = "call."  # the object of a region that is about a call while there is none


class Stage(StrEnum):
    """Where a call stands for its operator; the words are hooks of styles, scripts and tests."""

    NONE = "none"
    SETUP = "setup"  # the customer's phone rings
    OFFERED = "offered"  # the operator's phone rings
    JOINED = "joined"


TITLES = {
    Stage.NONE: "No call right now",
    Stage.SETUP: "Incoming call, connecting",
    Stage.OFFERED: "Incoming call",
    Stage.JOINED: "You’re talking",
}


@dataclass(frozen=True, slots=True)
class ConsoleCall:
    """The offered or running call; `call` is an operator's snapshot, None while there is none."""

    call: Mapping[str, Any] | None

    @property
    def stage(self) -> Stage:
        if self.call is None:
            return Stage.NONE
        if self.call["joined_at_ms"] is not None:
            return Stage.JOINED
        return Stage.OFFERED if self.call["ringing_leg"] == "operator" else Stage.SETUP

    @property
    def title(self) -> str:
        return "On hold" if self.hold_words else TITLES[self.stage]

    @property
    def is_offered(self) -> bool:
        """Whether the operator's phone rings, or was picked up and asks."""
        return self.stage is Stage.OFFERED

    @property
    def can_accept(self) -> bool:
        """Whether an accept on the page would count: a phone that no one picked up can't be joined."""
        return self.is_offered and self.call is not None and bool(self.call["is_screening"])

    @property
    def end_label(self) -> str:
        return "End the call" if self.stage is Stage.JOINED else "Decline"

    @property
    def hold_words(self) -> str:
        """That the call is on hold, and what comes of it; empty while they talk."""
        return operator_hold_words(self.call) if self.call else ""

    @property
    def said(self) -> str:
        """What screen readers say of it where the bar comes up; empty without a call."""
        return f"{self.title}, {self.call['alias']}" if self.call else ""

    @property
    def object(self) -> str:
        return f"{NO_CALL}{self.call['call_id']}" if self.call else NO_CALL

    @property
    def sequence(self) -> int:
        return int(self.call["sequence"]) if self.call else 0

    @property
    def timer(self) -> Timer | None:
        return Timer.of(self.call, self.call["earned_steps"]) if self.call else None

    @property
    def rate(self) -> str:
        """What a minute costs the caller, and the operator's part of it."""
        assert self.call is not None
        rate = format_money(self.call["rate_minor"], self.call["currency"])
        link = ", through your link" if self.call.get("is_through_link") else ""
        return f"{rate}/min, {percent(self.call['share_bps'])} yours{link}"

    @property
    def free_minutes(self) -> str:
        """How many minutes the caller has free."""
        assert self.call is not None
        return in_minutes(self.call["free_seconds"]) if self.call["free_seconds"] else "no minutes"

    @property
    def free_pay(self) -> str:
        """What the operator earns for the caller's free minutes all the same; empty without such minutes."""
        assert self.call is not None
        if not self.call["free_seconds"]:
            return ""
        if not self.call["free_minutes_pay"]:
            return "nothing"
        amount = format_money(self.call["free_pay_minor"], self.call["currency"])
        return f"up to {amount}{', fee included' if self.call.get('fee_covered_by') else ''}"


@dataclass(frozen=True, slots=True)
class CallAtHand:
    """The call that a note, a block, or a report is about: the live one, or for a while the last talk. None: no `call_id`."""

    call_id: str = ""
    sequence: int = 0
    is_live: bool = False
    note: NoteField | None = None

    @property
    def object(self) -> str:
        return f"{NO_CALL}{self.call_id}"


@dataclass(frozen=True, slots=True)
class TipLine:
    """One tip: whose, by their alias, and what the operator gets of it."""

    at: datetime
    words: str

    @classmethod
    def of(cls, tip: Transaction) -> "TipLine":
        """Needs the customer loaded."""
        alias = tip.customer.alias if tip.customer else "Someone"
        return cls(tip.created_at, f"{alias} tipped you {format_money(tip.operator_minor, tip.currency)}")


@dataclass(frozen=True, slots=True)
class ConsolePresence:
    """The operator's presence, and for how long they may go online; `state` is `operators.selectors.presence_state`."""

    state: Mapping[str, Any]
    online_minutes: int
    online_choices: Sequence[tuple[int, int]]  # minutes, hours
    time_off: TimeOff = field(default_factory=TimeOff)

    @property
    def words(self) -> str:
        if self.state["in_call"]:
            return "busy"  # the call may be on its way yet; the strip says how far it is
        return "wrapping up" if self.state["wrap_up_until_ms"] else str(self.state["presence"])

    @property
    def is_reserved(self) -> bool:
        """Whether a customer who adds funds has her wait."""
        return bool(self.state["reserved_until_ms"]) and not self.state["in_call"]

    @property
    def reserved_starts_ms(self) -> int:
        """An hour before the reservation ends: where its timer counts from."""
        return int(self.state["reserved_until_ms"]) - _HOUR * 1000

    @property
    def reserved_seconds(self) -> int:
        """Seconds of the reservation that are left."""
        return max(0, -(-(self.state["reserved_until_ms"] - self.state["server_time_ms"]) // 1000))

    @property
    def is_wrapping_up(self) -> bool:
        return bool(self.state["wrap_up_until_ms"]) and not self.state["in_call"]

    @property
    def wrap_up_starts_ms(self) -> int:
        """An hour before the wrap-up ends: where its timer counts from."""
        return int(self.state["wrap_up_until_ms"]) - _HOUR * 1000

    @property
    def wrap_up_seconds(self) -> int:
        """Seconds of the wrap-up that are left."""
        return max(0, -(-(self.state["wrap_up_until_ms"] - self.state["server_time_ms"]) // 1000))

    @property
    def title_steps(self) -> list[tuple[int, str]]:
        """The title while the wrap-up's timer runs, and from its last second."""
        return [(0, "wrapping up"), (_HOUR, str(self.state["presence"]))]

    @property
    def wrap_up_end(self) -> int:
        return _HOUR


class State(StrEnum):
    """What the strip at the top of every page shows; the words are hooks of styles."""

    ONLINE = "online"
    AWAY = "away"
    OFFLINE = "offline"
    RINGING = "ringing"
    TALKING = "talking"
    WRAP_UP = "wrap-up"


_IN_CALL = {Stage.SETUP: State.RINGING, Stage.OFFERED: State.RINGING, Stage.JOINED: State.TALKING}
_STATE_WORDS = {
    State.ONLINE: "Online",
    State.AWAY: "Away",
    State.OFFLINE: "Offline",
    State.WRAP_UP: "Wrap-up",
}


@dataclass(frozen=True, slots=True)
class StatusStrip:
    """The operator's state in a word or two and a color; a call comes before presence."""

    presence: ConsolePresence
    call: ConsoleCall

    @property
    def state(self) -> State:
        if self.call.stage in _IN_CALL:
            return _IN_CALL[self.call.stage]
        if self.presence.state["in_call"]:
            return State.RINGING
        return State.WRAP_UP if self.presence.is_wrapping_up else State(self.presence.state["presence"])

    @property
    def words(self) -> str:
        if self.call.call is not None:
            return self.call.title
        return _STATE_WORDS.get(self.state, "On a call")

    @property
    def until_ms(self) -> int | None:
        """Until when they are online, or on a break, while nothing else is shown."""
        names = {State.ONLINE: "online_until_ms", State.AWAY: "break_until_ms"}
        return self.presence.state[names[self.state]] if self.state in names else None
