"""gunicorn's worker with threads, made to answer errors as we do, and to speak TLS on its TCP port alone.

gunicorn's own TLS settings hold for each listener; ours are a Unix socket for the proxy and a port for the adapter.
"""

import errno
import os
import socket
import ssl
from functools import cache
from typing import Any

from gunicorn import util
from gunicorn.glogging import Logger
from gunicorn.http import errors
from gunicorn.workers.gthread import TConn, ThreadWorker

from aeims.raw_answers import raw_answer

_STATUS = {
    errors.LimitRequestLine: "414 URI Too Long",
    errors.LimitRequestHeaders: "431 Request Header Fields Too Large",
    errors.ExpectationFailed: "417 Expectation Failed",
    errors.UnsupportedTransferCoding: "501 Not Implemented",
}
_NOBODY_CONNECTS = {errno.EAGAIN, errno.EWOULDBLOCK, errno.ECONNABORTED}
HANDSHAKE_SECONDS = 5.0


@cache
def tls() -> ssl.SSLContext | None:
    """What the TCP port speaks: TLS with `WEB_TLS_CERTIFICATE` and `WEB_TLS_KEY`, or None without them."""
    certificate, key = os.environ.get("WEB_TLS_CERTIFICATE", ""), os.environ.get("WEB_TLS_KEY", "")
    if not certificate:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    return context


class _TlsConnection(TConn):
    """A connection whose handshake is made by the thread that serves it."""

    sock: Any

    def init(self) -> None:
        context = tls()
        if not self.initialized and context is not None:
            self.sock.settimeout(HANDSHAKE_SECONDS)
            self.sock = context.wrap_socket(self.sock, server_side=True)
        super().init()


class Worker(ThreadWorker):
    """See `aeims.serving.gunicorn_config`."""

    def accept(self, listener: Any) -> None:
        """As the base class does, with a connection that speaks TLS where the listener does."""
        try:
            client, address = listener.accept()
        except OSError as error:
            if error.errno in _NOBODY_CONNECTS:
                return
            raise
        self.nr_conns += 1
        client.setblocking(True)
        is_tls = client.family != socket.AF_UNIX and tls() is not None
        kind = _TlsConnection if is_tls else TConn
        self.enqueue_req(kind(self.cfg, client, address, listener.getsockname()))

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Answer what is no request, or what failed outside of Django. Logged is neither address nor query."""
        if isinstance(exc, ssl.SSLError):
            return
        status = "500 Internal Server Error"
        if isinstance(exc, errors.ParseException | errors.InvalidChunkSize):
            status = _STATUS.get(type(exc), "400 Bad Request")
        if status.startswith("500"):
            self.log.error("A request failed outside of Django.", exc_info=exc)
        try:
            util.write_nonblock(client, raw_answer(status))
        except OSError:
            self.log.debug("Nobody reads the answer to a bad request.")


class PlainLogger(Logger):
    """gunicorn's words go where ours go (`aeims.logging_settings`), and requests are not logged."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for log in (self.error_log, self.access_log):
            log.handlers.clear()
        self.error_log.propagate = True

    def access(self, *args: Any, **kwargs: Any) -> None:
        """Nothing: an address holds what was searched for."""
