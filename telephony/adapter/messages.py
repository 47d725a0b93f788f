"""What arrives in a call's inbox, beside the events of the switch: requests over HTTP and news of the connection."""

from dataclasses import dataclass

from telephony.adapter.cel import RecordedTalk
from telephony.adapter.switch import SwitchEvent
from telephony.states import EndedBy, EndReason


@dataclass(frozen=True, slots=True)
class AcceptedOnPage:
    """The operator accepted on the page: stands for the second 1, never for the first, which a voicemail can't press."""


@dataclass(frozen=True, slots=True)
class HangupRequested:
    """A hang-up was asked for."""

    ended_by: EndedBy
    why: EndReason


@dataclass(frozen=True, slots=True)
class SayToCustomer:
    """The customer is to hear these sounds over the talk, alone."""

    sounds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TimersChanged:
    """Something the timers depend on has changed."""


@dataclass(frozen=True, slots=True)
class LegsGone:
    """The switch lost this call while nobody watched; `talk` is what its record says."""

    talk: RecordedTalk | None


Message = SwitchEvent | AcceptedOnPage | HangupRequested | SayToCustomer | TimersChanged | LegsGone
