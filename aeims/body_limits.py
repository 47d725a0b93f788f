"""How much daphne reads of a body is decided before it is read; it would write one of any size to disk first.

What is larger than `aeims.body_bounds` says gets 413, by its announced length at once, or as soon as it is more. The connection is closed a second later: a client that
is still sending could not read the answer otherwise.
"""

from typing import Any

from daphne import http_protocol
from twisted.internet import reactor as _reactor

from aeims.body_bounds import TOO_LARGE, limit_of
from aeims.raw_answers import raw_answer
from aeims.server_headers import ProtectedRequest
from core.security_log import refused

reactor: Any = _reactor
_CLOSE_AFTER_SECONDS = 1


class BoundedRequest(ProtectedRequest):
    """Daphne's request, with a bound on its body."""

    _left: int | None = None  # None: refused, nothing is kept any more

    def gotLength(self, length: int | None) -> None:
        left = limit_of(self.channel._path)
        is_small = length is None or length <= left
        super().gotLength(length if is_small else 0)
        self._left = left
        if not is_small:
            self._refuse()

    def handleContentChunk(self, data: bytes) -> None:
        if self._left is None:
            return
        self._left -= len(data)
        if self._left < 0:
            self._refuse()
        else:
            super().handleContentChunk(data)

    def process(self) -> None:
        if self._left is not None:
            super().process()

    def _refuse(self) -> None:
        self._left = None
        refused("body.too_large")
        too_large = raw_answer("413 Content Too Large", TOO_LARGE)
        self.channel.transport.write(too_large)
        reactor.callLater(_CLOSE_AFTER_SECONDS, self.channel.loseConnection)


def install() -> None:
    """Have daphne read no more than that; before its server starts."""
    http_protocol.WebRequest = BoundedRequest  # what its factory makes of each connection
