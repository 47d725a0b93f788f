"""Daphne's sockets as `aeims.lean_sockets` makes them: small, and on the wire as before."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest
from autobahn.websocket.protocol import PreparedMessage
from twisted.internet.abstract import FileDescriptor

from aeims.lean_sockets import Utf8Validator, write_now
from tests.web.test_slow_readers import free_port
from tools.environment import ROOT
from web.frames import text_frame


@pytest.mark.parametrize("length", [0, 1, 125, 126, 65_535, 65_536, 200_000])
def test_a_frame_is_what_autobahn_sends(length: int) -> None:
    text = "ü" * (length // 2) + "x" * (length % 2)
    assert text_frame(text) == PreparedMessage(text.encode(), False, False, True).payloadHybi


@pytest.mark.parametrize(
    ("parts", "is_valid", "ends"),
    [
        ([b"sync"], True, True),
        ([b""], True, True),
        (["grüß €".encode()], True, True),
        ([b"\xe2\x82", b"\xac"], True, True),
        ([b"\xe2\x82"], True, False),
        ([b"\xe2\x82", b"x"], False, False),
        ([b"\xff"], False, False),
        ([b"\xed\xa0\x80"], False, False),  # a surrogate
        ([b"\xc0\x80"], False, False),  # longer than it must be
        ([b"\xf4\x90\x80\x80"], False, False),  # beyond Unicode
    ],
)
def test_texts_are_validated(parts: list[bytes], is_valid: bool, ends: bool) -> None:
    validator = Utf8Validator()
    for _ in range(2):
        validator.reset()
        answers = [validator.validate(part) for part in parts]
        assert answers[-1][:2] == (is_valid, ends)


class Line(FileDescriptor):
    """A connection whose kernel takes `room` bytes, or has lost it (None)."""

    connected = 1

    def __init__(self, room: int | None) -> None:
        super().__init__(reactor=object())
        self.room, self.taken = room, b""

    def writeSomeData(self, data: bytes) -> Any:
        if self.room is None:
            return ConnectionError()
        taken, self.room = bytes(data[: self.room]), max(0, self.room - len(data))
        self.taken += taken
        return len(taken)

    def startWriting(self) -> None: ...


def test_what_the_kernel_takes_at_once_waits_for_no_turn_of_the_loop() -> None:
    line = Line(room=5)
    write_now(line, b"abc")
    assert (line.taken, line._tempDataBuffer) == (b"abc", [])
    write_now(line, b"defg")
    assert (line.taken, line._tempDataBuffer) == (b"abcde", [b"fg"])
    line.room = 100
    write_now(line, b"hi")
    assert (line.taken, line._tempDataBuffer) == (b"abcde", [b"fg", b"hi"]), "never before what waits"


def test_a_lost_line_and_one_that_closes_are_left_to_twisted() -> None:
    lost, closing = Line(room=None), Line(room=9)
    closing.disconnecting = True
    for line in (lost, closing):
        write_now(line, b"abc")
        assert (line.taken, line._tempDataBuffer) == (b"", [b"abc"])


@pytest.fixture
def port() -> Iterator[int]:
    """Daphne serves `echo` here."""
    number = free_port()
    arguments = ["-v", "0", "-b", "127.0.0.1", "-p", str(number), "tests.web.echo:application"]
    process = subprocess.Popen([sys.executable, "-m", "daphne", *arguments], cwd=ROOT)
    try:
        yield number
    finally:
        process.terminate()
        process.wait(20)


async def opened(http: aiohttp.ClientSession, port: int) -> aiohttp.ClientWebSocketResponse:
    for _ in range(300):
        try:
            return await http.ws_connect(f"ws://127.0.0.1:{port}/ws/?region=a.1&region=b%202&lists=1")
        except aiohttp.ClientConnectionError:
            await asyncio.sleep(0.1)
    raise AssertionError("daphne does not serve")


@pytest.mark.slow
async def test_a_socket_keeps_nothing_of_its_handshake_and_says_what_it_is_told(port: int) -> None:
    async with aiohttp.ClientSession() as http:
        socket = await opened(http, port)
        said = await socket.receive_json()
        assert said["headers"] > 3
        assert said["query"] == "region=a.1&region=b%202&lists=1"
        assert said["headers_kept"] == 0
        assert not {name for name in said["kept"] if name.startswith(("http_", "_raw", "_ws"))}
        assert "maxMessagePayloadSize" not in said["kept"], "options are the class's"
        assert said["validator"] == "aeims.lean_sockets"
        for text in ("sync", "ü" * 40_000, "x" * 300_000):
            await socket.send_str(text)
            assert [await socket.receive_str(), await socket.receive_str()] == [text, text]
        await socket._writer.send_frame(b"\xff\xfe", aiohttp.WSMsgType.TEXT)
        closed = await socket.receive()
        assert closed.type is aiohttp.WSMsgType.CLOSED, "what is no text ends the connection"
