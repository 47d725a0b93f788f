"""The sound of one phone: RTP in both directions on a socket of its own (RFC 3550, keys by RFC 4733)."""

import asyncio
import secrets
import socket
import struct
import time

from tests.lab.audio import FRAME, Heard, analyse, tone

KEYS = "0123456789*#"
_AUDIO, _KEY = 0, 101
_KEPT = 500  # packets, 10 s


class Media:
    """Sends a tone while `speaking`, remembers the last ten seconds received and every key pressed."""

    def __init__(self, host: str, frequency: int) -> None:
        self.peer: tuple[str, int] | None = None
        self.speaking = True
        self.packet_seconds = 0.02
        self.received = 0  # audio packets since the beginning
        self.spoke_at = 0.0  # epoch seconds: the last audio packet sent
        self.keys: list[tuple[float, str]] = []  # epoch seconds, key
        self._recent: list[tuple[float, bytes]] = []
        self._queue: list[str] = []
        self.pressed: list[str] = []  # keys whose last packet is sent
        self._sound, self._position = tone(frequency), 0
        self._sequence, self._stamp, self._source = secrets.randbelow(30000), 0, secrets.randbits(32)
        self._last_key_stamp: bytes | None = None
        self._task: asyncio.Task[None] | None = None
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((host, 0))
        self._socket.setblocking(False)
        asyncio.get_running_loop().add_reader(self._socket.fileno(), self._arrived)

    @property
    def port(self) -> int:
        return int(self._socket.getsockname()[1])

    def start(self) -> None:
        """Begin to send; again is harmless."""
        if self._task is None:
            self._task = asyncio.create_task(self._send_for_ever())

    def close(self) -> None:
        if self._task:
            self._task.cancel()
        if self._socket.fileno() >= 0:
            asyncio.get_running_loop().remove_reader(self._socket.fileno())
            self._socket.close()

    def press(self, keys: str) -> None:
        """Queue keys; each takes about 0.3 s."""
        self._queue.extend(keys)

    def begin_anew(self) -> None:
        """Go on as another stream would (RFC 3550): its source, sequence numbers and time stamps are others."""
        self._source = secrets.randbits(32)
        self._sequence = (self._sequence + 40_000) & 0xFFFF
        self._stamp += 12_345

    def heard(self, seconds: float, until: float | None = None) -> Heard:
        """What arrived in the `seconds` before `until` (epoch seconds; now)."""
        end = time.time() if until is None else until
        return analyse(packet for at, packet in self._recent if end - seconds < at <= end)

    def _arrived(self) -> None:
        while True:
            try:
                packet = self._socket.recv(2048)
            except OSError:
                return
            kind = packet[1] & 0x7F if len(packet) > 12 else None
            if kind == _AUDIO:
                self.received += 1
                self._recent.append((time.time(), packet[12:]))
                del self._recent[:-_KEPT]
            elif kind == _KEY and packet[13] & 0x80 and packet[4:8] != self._last_key_stamp:
                # A key ends with a marked packet, sent three times under one time stamp.
                self._last_key_stamp = packet[4:8]
                self.keys.append((time.time(), KEYS[packet[12]]))

    async def _send_for_ever(self) -> None:
        clock = asyncio.get_running_loop().time
        due = clock()
        while True:
            if self.peer and self._queue:
                await self._send_key(KEYS.index(self._queue.pop(0)))
                due = clock()
            elif self.peer and self.speaking:
                self._send(_AUDIO, self._next_frame(), self._stamp)
                self.spoke_at = time.time()
            self._stamp += round(FRAME * self.packet_seconds / 0.02)
            due += self.packet_seconds
            await asyncio.sleep(max(0, due - clock()))

    async def _send_key(self, key: int) -> None:
        began = self._stamp
        for i in range(9):
            end_bit = 0x80 if i >= 6 else 0
            body = struct.pack("!BBH", key, end_bit | 10, FRAME * min(i + 1, 7))
            self._send(_KEY, body, began, mark=i == 0)
            await asyncio.sleep(0.02)
        self.pressed.append(KEYS[key])
        self._stamp += FRAME * 14
        await asyncio.sleep(0.1)

    def _next_frame(self) -> bytes:
        frame = self._sound[self._position : self._position + FRAME]
        self._position = (self._position + FRAME) % len(self._sound)
        return frame

    def _send(self, kind: int, body: bytes, stamp: int, *, mark: bool = False) -> None:
        self._sequence = (self._sequence + 1) & 0xFFFF
        kind |= 0x80 if mark else 0
        head = struct.pack("!BBHII", 0x80, kind, self._sequence, stamp & 0xFFFFFFFF, self._source)
        try:
            self._socket.sendto(head + body, self.peer or ("", 0))
        except OSError:
            # Asterisk has closed its port and the kernel says so: the phone goes on talking, as phones do.
            return
