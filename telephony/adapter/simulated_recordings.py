"""What the simulated telephones say into a recording: a plain tone, for `SPEECH_SECONDS`, and then #.

A phone that presses 1 keeps what it hears played back. One that presses nothing talks until the recorder stops it.
"""

import asyncio
import io
import math
import wave
from array import array
from collections.abc import Sequence

from telephony.adapter.simulated_channel import Channel
from telephony.adapter.switch import Kind, SwitchError

RECORDING = "recording:"  # in what is played, the name behind it
SPEECH_SECONDS = 4.0
KEY_AFTER_SECONDS = 1.0
_RATE, _HERTZ, _PEAK = 8_000, 220, 9_000


class SimulatedRecordings:
    """The recordings of the simulated switch; it lives on `simulator.SimulatedSwitch`."""

    def __init__(self) -> None:
        self.stored: dict[str, bytes] = {}

    async def record(self, channel_id: str, name: str, seconds: int) -> None:
        channel = await self._find(channel_id)
        started = asyncio.get_running_loop().time()
        stops_itself = channel.behaviour is not None and bool(channel.behaviour.keys)
        channel.finish_recording = lambda: self._store(channel, name, started)
        after = min(SPEECH_SECONDS, seconds) if stops_itself else seconds
        channel.after("record", after, lambda: self._finish_recording(channel))

    async def recording(self, name: str, most_bytes: int) -> bytes:
        await self._request()
        if len(data := self.stored.get(name, b"")) > most_bytes or not data:
            raise SwitchError("404: no such recording")
        return data

    async def recordings(self) -> Sequence[str]:
        await self._request()
        return list(self.stored)

    async def delete_recording(self, name: str) -> None:
        await self._request()
        self.stored.pop(name, None)

    def _hear_back(self, channel: Channel, media: Sequence[str]) -> None:
        """Whoever presses 1 does so soon after they heard themselves."""
        is_ours = any(item.startswith(RECORDING) for item in media)
        if is_ours and channel.behaviour is not None and "1" in channel.behaviour.keys:
            channel.after("key", KEY_AFTER_SECONDS, lambda: self._emit(Kind.DTMF, channel, digit="1"))

    def _finish_recording(self, channel: Channel) -> None:
        channel.cancel("record")
        if (finish := channel.finish_recording) is not None:
            channel.finish_recording = None
            finish()

    def _store(self, channel: Channel, name: str, started: float) -> None:
        self.stored[name] = spoken(asyncio.get_running_loop().time() - started)
        self._emit(Kind.RECORDING_FINISHED, channel)

    async def _request(self) -> None:
        raise NotImplementedError

    async def _find(self, channel_id: str) -> Channel:
        raise NotImplementedError

    def _emit(self, kind: Kind, channel: Channel, **more: str | int | None) -> None:
        raise NotImplementedError


def spoken(seconds: float) -> bytes:
    """A tone that swells and fades: WAV, 8 kHz, mono, 16 bit."""
    samples = array("h")
    for n in range(int(seconds * _RATE)):
        swell = 0.6 - 0.4 * math.cos(2 * math.pi * 2 * n / _RATE)
        samples.append(int(_PEAK * swell * math.sin(2 * math.pi * _HERTZ * n / _RATE)))
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((1, 2, _RATE, 0, "NONE", ""))
        file.writeframes(samples.tobytes())
    return out.getvalue()
