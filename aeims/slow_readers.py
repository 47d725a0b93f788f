"""Cuts a page that does not read what its socket is sent, before what waits for it grows without end.

Daphne's `send` never waits: what a page does not take is kept in memory. Twisted tells a *producer* when the kernel takes no
more and when it does again, so each socket gets one that cuts the connection if the former lasts.
"""

from typing import Any

from daphne.ws_protocol import WebSocketFactory
from twisted.internet import reactor as _reactor

from aeims import lean_sockets

reactor: Any = _reactor
MAX_SECONDS = 10.0  # without room for more


class _Reader:
    """How long a page has not read: Twisted's IPushProducer."""

    def __init__(self, transport: Any) -> None:
        self._transport = transport
        self._cut: Any = None

    def pauseProducing(self) -> None:
        self._cut = self._cut or reactor.callLater(MAX_SECONDS, self._transport.abortConnection)

    def resumeProducing(self) -> None:
        if self._cut is not None and self._cut.active():
            self._cut.cancel()
        self._cut = None

    def stopProducing(self) -> None:
        self.resumeProducing()


class BoundedWebSocketProtocol(lean_sockets.LeanSockets):
    """Daphne's protocol of one socket, with a bound on how long its page may not read."""

    def onOpen(self) -> None:
        super().onOpen()
        self.transport.unregisterProducer()  # HTTP's, which has no say here any more
        self.transport.registerProducer(_Reader(self.transport), True)


def install() -> None:
    """Have daphne make such sockets; before its server starts."""
    lean_sockets.install()
    WebSocketFactory.protocol = BoundedWebSocketProtocol
