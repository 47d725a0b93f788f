"""Daphne's protocol of a socket, at a third of its memory and CPU: thousands of pages are open at once, and come back together.

What autobahn does for each socket and nobody uses is left out: words of its debugging log (colored before it asks whether somebody
reads them), a validator of UTF-8 that asks the processor what it can, options copied from the factory, and what was said in the
handshake, once it is over. What is sent goes to the kernel at once, where Twisted would wait for the next turn of the loop and tell
epoll twice. `tests/web/test_lean_sockets.py` has each of these.
"""

import asyncio
from codecs import getincrementaldecoder
from collections import deque
from functools import partial
from typing import Any

from autobahn.twisted import websocket as _of_twisted
from autobahn.websocket import protocol as _of_websocket
from twisted.internet.abstract import FileDescriptor

from aeims.server_headers import ProtectedSockets
from core.mailbox import Mailbox
from web.frames import SEND_FRAME

twisted_websocket: Any = _of_twisted
websocket: Any = _of_websocket
_Decoder = getincrementaldecoder("utf-8")
_OF_THE_HANDSHAKE = (
    "http_request_data", "http_status_line", "http_headers", "http_request_uri", "http_request_path", "http_request_params",
    "http_request_host", "http_response_data", "websocket_extensions", "websocket_protocols", "_wskey", "_raw_query_string",
    "_transport_details", "application_deferred", "protocol_to_accept",
)  # fmt: skip
_NOTHING: Any = ()


class Utf8Validator:
    """Autobahn's interface, on Python's decoder."""

    __slots__ = ("_decoder",)

    def __init__(self) -> None:
        self._decoder: Any = None

    def reset(self) -> None:
        self._decoder = None

    def validate(self, data: bytes) -> tuple[bool, bool, int, int]:
        """Whether these bytes are valid behind those before, whether a character ends there, and how far they are, twice."""
        self._decoder = self._decoder or _Decoder()
        try:
            self._decoder.decode(bytes(data))
        except UnicodeDecodeError as error:
            return False, False, error.start, error.start
        return True, not self._decoder.getstate()[0], len(data), len(data)


class LeanSockets(ProtectedSockets):
    """Daphne's protocol of one socket; its refusals carry the headers."""

    _configured_by: Any = None

    def _connectionMade(self) -> None:
        """With the factory's options as attributes of the class."""
        if self._configured_by is not self.factory:
            options = {name: getattr(self.factory, name) for name in self.CONFIG_ATTRS}
            for name, option in options.items():
                if not callable(option):  # as an attribute of the class it would be a method
                    setattr(type(self), name, option)
            type(self)._configured_by = self.factory
        super()._connectionMade()
        self.send_queue = _NOTHING

    def dataReceived(self, data: bytes) -> None:
        """The handshake without its query: daphne has handed that over already, and autobahn would parse it once more."""
        if self.state == self.STATE_CONNECTING and getattr(self, "_raw_query_string", b""):
            data = data.replace(b"?%s HTTP/1.1\r\n" % self._raw_query_string, b" HTTP/1.1\r\n", 1)
        self._dataReceived(data)

    def onOpen(self) -> None:
        """What was said in the handshake has been read, and is kept by nobody."""
        super().onOpen()
        for name in _OF_THE_HANDSHAKE:
            self.__dict__.pop(name, None)
        self.clean_headers.clear()  # also in the scope, which others keep
        self.request.headers = self.request.params = None

    def _onOpen(self) -> None:
        self.onOpen()

    def sendData(self, data: bytes, sync: bool = False, chopsize: int | None = None) -> None:
        """To the kernel at once, if nothing waits before it."""
        if sync or chopsize:
            self.send_queue = self.send_queue or deque()
        if self.send_queue is _NOTHING:
            write_now(self.transport, data)
        else:
            super().sendData(data, sync, chopsize)

    def send_frame(self, frame: bytes) -> None:
        """Send a message that is encoded already; nothing to a page that has gone."""
        if self.state == self.STATE_OPEN:
            self.sendData(frame)


def write_now(transport: Any, data: bytes) -> None:
    """As `transport.write` does, without its turn of the loop where the kernel takes the data."""
    if isinstance(transport, FileDescriptor) and _is_idle(transport):
        sent = transport.writeSomeData(data)
        if isinstance(
            sent, int
        ):  # else the connection is lost, and Twisted's own way to write finds that, too
            data = data[sent:]
    if data:
        transport.write(data)


def _is_idle(transport: Any) -> bool:
    """Whether the connection stands and nothing waits to be sent."""
    return bool(
        transport.connected
        and not transport.disconnecting
        and not transport._writeDisconnected
        and not transport._tempDataLen
        and len(transport.dataBuffer) == transport.offset
    )


def create_application(server: Any, protocol: Any, scope: dict[str, Any]) -> Any:
    """In place of daphne's: with a smaller queue, and a way to send what is encoded already."""
    assert "application_instance" not in server.connections[protocol]
    mailbox: Mailbox[dict[str, Any]] = Mailbox()
    scope.setdefault("asgi", {"version": "3.0"})
    if isinstance(protocol, LeanSockets):
        scope[SEND_FRAME] = protocol.send_frame
    send = partial(server.handle_reply, protocol)
    application = server.application(scope=scope, receive=mailbox.get, send=send)
    server.connections[protocol]["application_instance"] = asyncio.ensure_future(application)
    return mailbox


def _as_it_is(value: Any, *_: Any, **__: Any) -> Any:
    return value


def install() -> None:
    """Have daphne and autobahn do so; before the server starts. `slow_readers` installs the class."""
    from daphne.server import Server  # which chooses a reactor

    websocket.Utf8Validator = Utf8Validator
    websocket.pformat = _as_it_is
    for module in (websocket, twisted_websocket):
        module.hltype = module.hlval = _as_it_is
    Server.create_application = create_application
