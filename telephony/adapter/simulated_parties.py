"""The people at the other ends of the simulated lines, for tests and demonstrations: what they do with their telephones."""

import asyncio
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from telephony.adapter.end_reasons import CAUSE_MEDIA_LOST, CAUSE_NORMAL
from telephony.adapter.simulated_channel import Channel
from telephony.adapter.switch import Kind

PACKETS_PER_SECOND = 50
KEY_HEARD = "key:"  # and the digit: what a phone hears of the other's key, likewise
HOLD_TONE = "tone:hold"  # what somebody on hold hears, in the list of what was played


class SimulatedParties:
    """The part of the simulated switch that telephones act on; it lives on `simulator.SimulatedSwitch`."""

    channels: dict[str, Channel]
    bridges: dict[str, list[str]]
    played: deque[tuple[str, str]]
    silence_seconds: int
    _heard_file: Path | None

    def press(self, channel_id: str, digit: str) -> None:
        """An event; between two who talk only while one of them hears a whisper, else the other phone hears the key."""
        if (channel := self.channels.get(channel_id)) is None:
            return
        talking = self.bridges.get(channel.bridge_id, [])
        if talking and not any(one.snoops_on in talking for one in self.channels.values()):
            self.played.extend((other, f"{KEY_HEARD}{digit}") for other in talking if other != channel_id)
        else:
            self._emit(Kind.DTMF, channel, digit=digit)

    def party_hangs_up(self, channel_id: str) -> None:
        """The telephone at the other end sends its BYE (or, while it rings, gives up)."""
        if channel := self.channels.get(channel_id):
            self._end(channel, CAUSE_NORMAL, request=0)

    def party_falls_silent(self, channel_id: str) -> None:
        """No packet comes any more; `rtp_timeout` ends the leg once its time is over."""
        if channel := self.channels.get(channel_id):
            cause = CAUSE_MEDIA_LOST
            channel.silent_at = asyncio.get_running_loop().time()
            channel.after("silence", self.silence_seconds, lambda: self._end(channel, cause, request=cause))

    async def received_packets(self, channel_id: str) -> int:
        """Fifty a second, until the phone falls silent."""
        channel = await self._find(channel_id)
        until = asyncio.get_running_loop().time() if channel.silent_at is None else channel.silent_at
        return int(until * PACKETS_PER_SECOND)

    def party_holds(self, channel_id: str) -> None:
        """The telephone puts the other one on hold (re-INVITE, sendonly); that one hears a tone."""
        if (channel := self.channels.get(channel_id)) and not channel.is_holding:
            channel.is_holding = True
            for other in self.bridges.get(channel.bridge_id, []):
                if other != channel_id:
                    self.played.append((other, HOLD_TONE))
            self._emit(Kind.HOLD, channel)

    def party_resumes(self, channel_id: str) -> None:
        """The telephone takes the other one off hold."""
        if (channel := self.channels.get(channel_id)) and channel.is_holding:
            channel.is_holding = False
            self._emit(Kind.UNHOLD, channel)

    async def is_holding(self, channel_id: str) -> bool:
        return (await self._find(channel_id)).is_holding

    def _let_hear(self, phone: Channel, media: Sequence[str]) -> None:
        """A line for each sound, for who holds the simulated phone: a file of its own, never a log."""
        if self._heard_file is not None:
            with self._heard_file.open("a", encoding="utf-8") as file:
                file.writelines(phone.heard(item) for item in media)

    async def _find(self, channel_id: str) -> Channel:
        raise NotImplementedError

    def _emit(self, kind: Kind, channel: Channel, **more: str | int | None) -> None:
        raise NotImplementedError

    def _end(self, channel: Channel, cause: int, request: int | None = None) -> None:
        raise NotImplementedError
