"""How much anybody may send is decided before it is read. Daphne would write a body of any size to disk first.

The page that takes photos takes `MAX_BODY_BYTES`; every other address what Django takes of a form. What is larger gets
413, by its announced length at once, or as soon as it is more. The connection is closed a second later: a client that
is still sending could not read the answer otherwise.
"""

from functools import cache
from typing import Any

from daphne import http_protocol
from django.conf import settings
from django.urls import reverse
from twisted.internet import reactor as _reactor

from aeims.server_headers import ProtectedRequest, raw_answer
from aeims.uploads import MAX_BODY_BYTES
from core.security_log import refused

reactor: Any = _reactor
_CLOSE_AFTER_SECONDS = 1


@cache
def _upload_paths() -> frozenset[bytes]:
    return frozenset({reverse("portal:settings-photo", urlconf=settings.SITE_URLCONFS["portal"]).encode()})


def limit_of(path: bytes) -> int:
    """How many bytes the body of a request to this address may have."""
    is_upload = path.split(b"?", 1)[0] in _upload_paths()
    return MAX_BODY_BYTES if is_upload else int(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)


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
        too_large = raw_answer("413 Content Too Large", "That is more than we can take")
        self.channel.transport.write(too_large)
        reactor.callLater(_CLOSE_AFTER_SECONDS, self.channel.loseConnection)


def install() -> None:
    """Have daphne read no more than that; before its server starts."""
    http_protocol.WebRequest = BoundedRequest  # what its factory makes of each connection
