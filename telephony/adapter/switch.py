"""What the adapter needs of an Asterisk: the seam that the real one (`ari`) and the simulated one share.

Channels and bridges are named by us (`ids`). Every request has a time limit of its own and raises `SwitchError`; a
request to end what is gone already succeeds.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from telephony.adapter.trunk import Trunk, TrunkState


class SwitchError(Exception):
    """The switch refused a request or did not answer in time."""


class SwitchUnavailable(SwitchError):
    """No switch there: connection refused or lost."""


class SwitchSilent(SwitchError):
    """No answer in time: what was asked may have been done."""


class StreamReplaced(Exception):
    """Another controller took over our application: stop acting."""


class Kind(StrEnum):
    """The events we live by, by ARI's names."""

    STASIS_START = "StasisStart"  # for a leg that we dialled: it answered
    RINGING = "Dial"  # the carrier says that the phone rings: 180, or 183 with sound of its own
    DTMF = "ChannelDtmfReceived"
    HANGUP_REQUEST = "ChannelHangupRequest"
    DESTROYED = "ChannelDestroyed"
    ENTERED_BRIDGE = "ChannelEnteredBridge"
    LEFT_BRIDGE = "ChannelLeftBridge"
    HOLD = "ChannelHold"  # this leg's phone put the other party on hold
    UNHOLD = "ChannelUnhold"
    PLAYBACK_FINISHED = "PlaybackFinished"
    RECORDING_FINISHED = "RecordingFinished"
    RECORDING_FAILED = "RecordingFailed"


@dataclass(frozen=True, slots=True)
class SwitchEvent:
    """One event; `at` is Asterisk's own time (epoch seconds), `received_mono` its place on our monotonic clock."""

    kind: Kind
    at: float
    channel_id: str = ""
    channel_name: str = ""
    bridge_id: str = ""
    playback_id: str = ""
    digit: str = ""
    cause: int | None = None
    sip: int | None = None  # the SIP answer behind the cause, where there was one
    received_mono: float = 0.0


@dataclass(frozen=True, slots=True)
class Dial:
    """One leg to ring. `number` is E.164 and hidden from every representation of this object."""

    channel_id: str
    number: str = field(repr=False)
    caller_id: str = field(repr=False)
    ring_seconds: int
    app_args: str
    variables: Mapping[str, str]
    originator: str = ""
    trunk: Trunk = field(default_factory=Trunk)


@dataclass(frozen=True, slots=True)
class Survey:
    """What lives in the switch now: channel id → name, bridge id → channels in it, and our application's channels.

    `at` is the switch's own time (epoch seconds), asked for last.
    """

    channels: Mapping[str, str]
    bridges: Mapping[str, frozenset[str]]
    application: frozenset[str]
    at: float


class EventStream(Protocol):
    """One subscription. Iterating ends when the connection is lost and raises StreamReplaced when taken over."""

    def __aiter__(self) -> AsyncIterator[SwitchEvent]: ...

    async def ping(self) -> None:
        """Return once every event before now has been read. Raises SwitchError when the connection is gone."""

    async def close(self) -> None: ...


class Switch(Protocol):
    """One Asterisk."""

    async def connect(self) -> EventStream: ...

    async def close(self) -> None: ...

    async def survey(self) -> Survey: ...

    async def get_global(self, name: str) -> str:
        """A variable that all adapters of our application share; empty if it was never set."""

    async def set_global(self, name: str, value: str) -> None:
        """Set it; it is gone when the switch dies."""

    async def rtp_ports(self) -> int:
        """How many ports it has for sound; 0 where nobody told it (`deploy/asterisk/conf/extensions.conf`)."""

    async def trunks(self) -> tuple[Trunk, ...]:
        """Its ways to the telephone network, in the order in which calls try them; at least one."""

    async def trunk_states(self) -> dict[str, TrunkState]:
        """What it knows of each by itself: name → state. Empty where nobody lets it say (an older configuration)."""

    async def originate(self, dial: Dial) -> None: ...

    async def hangup(self, channel_id: str) -> None: ...

    async def ring(self, channel_id: str) -> None:
        """Let an answered channel hear ring-back."""

    async def stop_ringing(self, channel_id: str) -> None: ...

    async def play(self, channel_id: str, playback_id: str, media: Sequence[str]) -> None: ...

    async def stop_playback(self, playback_id: str) -> None: ...

    async def has_sound(self, name: str) -> bool: ...

    async def set_variable(self, channel_id: str, name: str, value: str) -> None: ...

    async def create_bridge(self, bridge_id: str) -> None: ...

    async def add_to_bridge(self, bridge_id: str, channel_ids: Sequence[str]) -> None:
        """Join them. While somebody hears a whisper, keys of both are events and don't reach the other party; else they
        reach the other party and are no events.
        """

    async def delete_bridge(self, bridge_id: str) -> None: ...

    async def snoop(self, channel_id: str, snoop_id: str) -> None:
        """Open a channel whose sound is whispered to `channel_id` alone, over the talk."""

    async def is_holding(self, channel_id: str) -> bool:
        """Whether this leg's phone has the other party on hold, now."""

    async def received_packets(self, channel_id: str) -> int:
        """How many packets of sound have come from this leg's phone so far."""

    async def record(self, channel_id: str, name: str, seconds: int) -> None:
        """Record what this leg's phone says until #, its hang-up, or so many seconds, as a file that only `recording` reads.

        A recording of this name is replaced. `RECORDING_FINISHED` says when it is over.
        """

    async def recording(self, name: str, most_bytes: int) -> bytes:
        """The WAV file of a recording. Raises SwitchError, also for one that is larger."""

    async def recordings(self) -> Sequence[str]:
        """The names of all that it keeps."""

    async def delete_recording(self, name: str) -> None: ...

    async def write_record(self, channel_id: str, event: str, details: str) -> None:
        """Write a line of our own into the switch's record (CEL), under a channel that exists for that alone."""
