"""An Asterisk in memory, behind the same seam as the real one (`adapter --simulate`, and most tests).

It keeps what the adapter relies on, as measured on Asterisk 22: the order of events, both legs' own limits, the
hang-up handler that takes the peer down, a playback that holds up variable writes on a bridged channel, events that
are never replayed, the CEL file. Phones behave by the number dialled (`phones`).
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from telephony.adapter import cel
from telephony.adapter.prompts import FOLDER
from telephony.adapter.simulated_channel import Channel
from telephony.adapter.simulated_globals import SimulatedGlobals
from telephony.adapter.simulated_parties import SimulatedParties
from telephony.adapter.simulated_phones import PRESS_AFTER_SECONDS, PRESS_AGAIN_SECONDS, behaviour_of
from telephony.adapter.simulated_phones import Kind as PhoneKind
from telephony.adapter.simulated_recordings import SimulatedRecordings
from telephony.adapter.simulated_stream import SimulatedStream
from telephony.adapter.simulated_trunks import SimulatedTrunks
from telephony.adapter.switch import (
    Dial,
    Kind,
    StreamReplaced,
    Survey,
    SwitchError,
    SwitchEvent,
    SwitchUnavailable,
)
from telephony.call_plan import DEFAULT_SILENCE_SECONDS
from telephony.sounds import CONTENT_FOLDER

CONTENT_PREFIX = f"{FOLDER}/{CONTENT_FOLDER}/"
SOUND_SECONDS = 0.5
CAUSE_NORMAL, CAUSE_NO_ANSWER, CAUSE_OUR_REQUEST = 16, 19, 32
HANGUP_HANDLER = "CHANNEL(hangup_handler_push)"
LIMIT = "TIMEOUT(absolute)"


class SimulatedSwitch(SimulatedParties, SimulatedGlobals, SimulatedRecordings, SimulatedTrunks):
    """The switch itself. `wall` gives Asterisk's time (epoch seconds).

    It has every sound; `sounds` limits that to these names, `sounds_dir` has the content sounds be files there.
    """

    def __init__(
        self,
        *,
        wall: Callable[[], float] = time.time,
        cel_file: Path | None = None,
        heard_file: Path | None = None,
        sounds: frozenset[str] | None = None,
        sounds_dir: Path | None = None,
        has_handler: bool = True,
        silence_seconds: int = DEFAULT_SILENCE_SECONDS,
    ) -> None:
        SimulatedGlobals.__init__(self)
        SimulatedRecordings.__init__(self)
        SimulatedTrunks.__init__(self)
        self.channels: dict[str, Channel] = {}
        self.bridges: dict[str, list[str]] = {}
        self.played: deque[tuple[str, str]] = deque(maxlen=1000)  # heard by whom, what
        self.is_down, self.silence_seconds = False, silence_seconds
        self.wall = wall
        self._cel_file = cel_file
        self._heard_file = heard_file
        self._sounds = sounds
        self._sounds_dir = sounds_dir
        self._has_handler = has_handler
        self._stream: SimulatedStream | None = None

    # --- the seam

    async def connect(self) -> SimulatedStream:
        await self._request()
        if self._stream is not None:
            self._stream.end(StreamReplaced())
        self._stream = SimulatedStream()
        return self._stream

    async def close(self) -> None:
        return None

    async def survey(self) -> Survey:
        await self._request()
        channels = {channel.channel_id: channel.name for channel in self.channels.values()}
        bridges = {name: frozenset(members) for name, members in self.bridges.items()}
        return Survey(channels, bridges, frozenset(channels), self.wall())

    async def originate(self, dial: Dial) -> None:
        await self._request()
        if dial.channel_id in self.channels:
            raise SwitchError("409: a channel of this name exists")
        name = self._dial_by(dial.trunk, dial.channel_id)
        behaviour = behaviour_of(dial.number)
        channel = Channel(dial.channel_id, name, behaviour, dial.number, dict(dial.variables), dial.caller_id)
        self.channels[dial.channel_id] = channel
        if limit := dial.variables.get(LIMIT):
            self._limit(channel, float(limit))
        if dial.number.endswith(self.silent.get(dial.trunk.name, "no number")):
            return
        if dial.trunk.name in self.ringing_first:
            self._emit(Kind.RINGING, channel)
        if (refusal := self._refusal_by(dial.trunk) or behaviour.refusal) is not None:
            cause, sip = refusal
            channel.after("refuse", 0.05, lambda: self._end(channel, cause, sip=sip))
            return
        if self.carrier_waits:
            channel.after("progress", self.carrier_waits, lambda: self._emit(Kind.RINGING, channel))
        else:
            self._emit(Kind.RINGING, channel)
        channel.after("ring", dial.ring_seconds, lambda: self._end(channel, CAUSE_NO_ANSWER, sip=480))
        if behaviour.kind is not PhoneKind.NEVER_ANSWERS:
            channel.after("phone", behaviour.ring_seconds, lambda: self._answer(channel))

    async def hangup(self, channel_id: str) -> None:
        await self._request()
        if channel := self.channels.get(channel_id):
            self._end(channel, CAUSE_NORMAL, request=CAUSE_OUR_REQUEST)

    async def ring(self, channel_id: str) -> None:
        await self._find(channel_id)

    async def stop_ringing(self, channel_id: str) -> None:
        await self._find(channel_id)

    async def play(self, channel_id: str, playback_id: str, media: Sequence[str]) -> None:
        channel = await self._find(channel_id)
        self.played.extend((channel.snoops_on or channel_id, item) for item in media)
        self._let_hear(self.channels.get(channel.snoops_on, channel), media)
        self._hear_back(channel, media)
        channel.playback_id = playback_id
        channel.is_quiet.clear()
        if not any(item.startswith("tone:") for item in media):
            channel.after("play", SOUND_SECONDS * len(media), lambda: self._stop_playback(channel))

    async def stop_playback(self, playback_id: str) -> None:
        await self._request()
        for channel in list(self.channels.values()):
            if channel.playback_id == playback_id:
                self._stop_playback(channel)

    async def has_sound(self, name: str) -> bool:
        await self._request()
        if self._sounds_dir is not None and name.startswith(CONTENT_PREFIX):
            return (self._sounds_dir / f"{name.removeprefix(CONTENT_PREFIX)}.wav").exists()
        return self._sounds is None or name in self._sounds

    async def set_variable(self, channel_id: str, name: str, value: str) -> None:
        channel = await self._find(channel_id)
        if channel.playback_id and channel.bridge_id:
            await channel.is_quiet.wait()
            channel = await self._find(channel_id)
        channel.variables[name] = value
        if name == LIMIT:
            self._limit(channel, float(value))

    async def create_bridge(self, bridge_id: str) -> None:
        await self._request()
        self.bridges.setdefault(bridge_id, [])

    async def add_to_bridge(self, bridge_id: str, channel_ids: Sequence[str]) -> None:
        await self._request()
        if bridge_id not in self.bridges:
            raise SwitchError("404: no such bridge")
        for channel in [await self._find(channel_id) for channel_id in channel_ids]:
            self.bridges[bridge_id].append(channel.channel_id)
            channel.bridge_id = bridge_id
            self._emit(Kind.ENTERED_BRIDGE, channel, bridge_id=bridge_id)
            self._record("BRIDGE_ENTER", channel, {"bridge_id": bridge_id})

    async def delete_bridge(self, bridge_id: str) -> None:
        await self._request()
        for name in self.bridges.pop(bridge_id, []):
            self._leave(self.channels[name])

    async def snoop(self, channel_id: str, snoop_id: str) -> None:
        target = await self._find(channel_id)
        channel = Channel(snoop_id, f"Snoop/{channel_id}", snoops_on=target.channel_id)
        self.channels[snoop_id] = channel
        self._emit(Kind.STASIS_START, channel)

    async def write_record(self, channel_id: str, event: str, details: str) -> None:
        await self._request()
        self._record(event, Channel(channel_id, f"Local/{channel_id}"), {"extra": details})

    # --- what happens to it, for tests

    def disconnect(self) -> None:
        """The event stream breaks; calls go on."""
        if self._stream is not None:
            self._stream.end()
            self._stream = None

    def crash(self) -> None:
        """`kill -9`: every channel is gone, nothing is recorded, nobody is told."""
        self.is_down = True
        for channel in self.channels.values():
            channel.cancel_all()
        for lost in (self.channels, self.bridges, self.globals):
            lost.clear()
        self.disconnect()

    def boot(self) -> None:
        self.is_down = False

    # --- inside

    async def _request(self) -> None:
        await asyncio.sleep(0)
        if self.is_down:
            raise SwitchUnavailable("connection refused")

    async def _find(self, channel_id: str) -> Channel:
        await self._request()
        if channel_id not in self.channels:
            raise SwitchError("404: no such channel")
        return self.channels[channel_id]

    def _limit(self, channel: Channel, seconds: float) -> None:
        """Asterisk's own limit: no hang-up request is announced when it strikes. 0 takes it off."""
        if seconds > 0:
            channel.after("limit", seconds, lambda: self._end(channel, CAUSE_NORMAL))
        else:
            channel.cancel("limit")

    def _answer(self, channel: Channel) -> None:
        assert channel.behaviour is not None
        channel.cancel("ring")
        if self._stream is None:
            # Measured: with no controller connected an answered leg is dropped at once.
            self._end(channel, 0)
            return
        self._emit(Kind.STASIS_START, channel)
        behaviour = channel.behaviour
        for turn, key in enumerate(behaviour.keys):
            after = PRESS_AFTER_SECONDS + turn * PRESS_AGAIN_SECONDS
            channel.after(f"key {turn}", after, partial(self._emit, Kind.DTMF, channel, digit=key))
        if behaviour.talk_seconds:
            channel.after("phone", behaviour.talk_seconds, lambda: self.party_hangs_up(channel.channel_id))

    def _stop_playback(self, channel: Channel) -> None:
        channel.cancel("play")
        if channel.playback_id:
            self._emit(Kind.PLAYBACK_FINISHED, channel, playback_id=channel.playback_id)
            channel.playback_id = ""
            channel.is_quiet.set()

    def _leave(self, channel: Channel) -> None:
        if not channel.bridge_id:
            return
        if channel.channel_id in self.bridges.get(channel.bridge_id, []):
            self.bridges[channel.bridge_id].remove(channel.channel_id)
        self._emit(Kind.LEFT_BRIDGE, channel, bridge_id=channel.bridge_id)
        self._record("BRIDGE_EXIT", channel, {"bridge_id": channel.bridge_id})
        channel.bridge_id = ""

    def _end(
        self, channel: Channel, cause: int, request: int | None = None, *, sip: int | None = None
    ) -> None:
        """The channel dies; `request` is the cause in its hang-up request (None: there is none), `sip` the answer to the INVITE."""
        if self.channels.pop(channel.channel_id, None) is None:
            return
        channel.cancel_all()
        if request is not None:
            self._emit(Kind.HANGUP_REQUEST, channel, cause=request)
        self._stop_playback(channel)
        self._finish_recording(channel)
        self._leave(channel)
        self._record("HANGUP", channel, {"hangupcause": cause})
        self._emit(Kind.DESTROYED, channel, cause=cause, sip=sip)
        for other in list(self.channels.values()):
            if other.snoops_on == channel.channel_id or self._takes_down(channel, other):
                self._end(other, CAUSE_NORMAL, request=0)

    def _takes_down(self, channel: Channel, other: Channel) -> bool:
        """The hang-up handler of the dialplan: the leg named in AEIMS_PEER goes too."""
        pushed = self._has_handler and HANGUP_HANDLER in channel.variables
        return pushed and channel.variables.get("AEIMS_PEER") == other.name

    def _emit(self, kind: Kind, channel: Channel, **more: str | int | None) -> None:
        if self._stream is not None:
            at = round(self.wall(), 3)
            event = SwitchEvent(kind, at, channel.channel_id, channel.name, **more)  # type: ignore[arg-type]
            self._stream.put(event)

    def _record(self, kind: str, channel: Channel, extra: dict[str, str | int]) -> None:
        """One line of the CEL file, as deploy/asterisk's cel_custom writes it."""
        if self._cel_file is None:
            return
        self._cel_file.parent.mkdir(parents=True, exist_ok=True)
        with self._cel_file.open("a", encoding="utf-8") as file:
            file.write(cel.line(kind, self.wall(), channel.channel_id, channel.name, extra))
