"""Asks one server whether it is well: `python -m aeims.serving.probe web /readyz`, for health checks. Ends with 0 if it is.

`web`, `sockets`, and `proxy` are asked by their Unix sockets, so that each answers for itself; `adapter` at its port, over TLS where it has a
certificate. The proxy and the adapter know `/livez` alone.
"""

import http.client
import os
import socket
import ssl
import sys
from collections.abc import Mapping
from pathlib import Path

from aeims.serving.places import PROXY, SOCKETS, WEB, socket_path

SECONDS = 8.0
_PLACES = {"web": WEB, "sockets": SOCKETS, "proxy": PROXY}


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def status_of(path: Path, address: str = "/livez") -> int:
    """The status that the server at this Unix socket answers, 0 if none does."""
    return _status_of(_UnixConnection(path), address)


def adapter_status(environment: Mapping[str, str], address: str = "/livez") -> int:
    """The status that the adapter of this environment answers, 0 if none does, or if its certificate is not believed."""
    port = int(environment.get("ADAPTER_LISTEN", "").rpartition(":")[2] or 8090)
    if not environment.get("ADAPTER_TLS_CERTIFICATE"):
        return _status_of(http.client.HTTPConnection("localhost", port, timeout=SECONDS), address)
    trusted = ssl.create_default_context(cafile=environment.get("AEIMS_INTERNAL_CA") or None)
    return _status_of(
        http.client.HTTPSConnection("localhost", port, timeout=SECONDS, context=trusted), address
    )


def _status_of(connection: http.client.HTTPConnection, address: str) -> int:
    try:
        connection.request("GET", address)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def text_at(path: Path, address: str) -> bytes | None:
    """What the server at this Unix socket answers, None if it doesn't, or not with 200."""
    connection = _UnixConnection(path)
    try:
        connection.request("GET", address)
        answer = connection.getresponse()
        return answer.read() if answer.status == 200 else None
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def main() -> int:
    """Of the two arguments the first names the server, the second the address."""
    name, address = sys.argv[1:]
    if name == "adapter":
        return 0 if adapter_status(os.environ, address) == 200 else 1
    return 0 if status_of(socket_path(os.environ, _PLACES[name]), address) == 200 else 1


if __name__ == "__main__":
    sys.exit(main())
