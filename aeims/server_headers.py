"""Protecting headers on what daphne answers by itself: daphne's own errors, refused sockets, refused bodies.

Django's middlewares give each page its headers. What never reaches Django gets these here, at the last place before the
connection, where none is set already.
"""

from collections.abc import Sequence
from typing import Any

from daphne import http_protocol
from daphne.ws_protocol import WebSocketProtocol
from twisted.web import http

from aeims.raw_answers import headers, raw_answer


class ProtectedRequest(http_protocol.WebRequest):
    """Daphne's request, whose answers all carry the headers."""

    error_template = "<!doctype html><title>%(title)s</title><h1>%(title)s</h1><p>%(body)s</p>"

    def write(self, data: bytes) -> None:
        if not self.startedWriting:
            for name, value in headers():
                if not self.responseHeaders.hasHeader(name):
                    self.responseHeaders.addRawHeader(name, value)
        super().write(data)


class ProtectedSockets(WebSocketProtocol):
    """Daphne's protocol of one socket, whose refusals carry the headers."""

    def sendHttpErrorResponse(
        self, code: int, reason: str, responseHeaders: Sequence[tuple[str, str]] | None = None
    ) -> None:
        super().sendHttpErrorResponse(code, reason, [*(responseHeaders or ()), *headers()])


def _refuse_unreadable(channel: Any) -> None:
    """In place of Twisted's bare `400 Bad Request` to what is no HTTP."""
    channel.transport.write(raw_answer("400 Bad Request"))
    channel.loseConnection()


def install() -> None:
    """Have Twisted refuse so, too; before the server starts. `body_limits` and `slow_readers` install the classes."""
    http.HTTPChannel._respondToBadRequestAndDisconnect = _refuse_unreadable  # type: ignore[method-assign]
