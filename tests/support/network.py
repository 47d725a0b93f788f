"""No test talks to the outside: a socket may connect to this machine only."""

import ipaddress
import socket
from typing import Any

import pytest

_connect, _connect_ex = socket.socket.connect, socket.socket.connect_ex


class NetworkBlocked(RuntimeError):
    """A test tried to reach another machine."""


def _require_local(family: int, address: Any) -> None:
    if family == socket.AF_UNIX:
        return
    host = address[0]
    if host == "localhost":
        return
    try:
        is_local = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_local = False
    if not is_local:
        raise NetworkBlocked(f"A test tried to connect to {host}.")


def block(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse connections that leave this machine, for as long as `monkeypatch` lasts."""

    def connect(self: socket.socket, address: Any) -> None:
        _require_local(self.family, address)
        _connect(self, address)

    def connect_ex(self: socket.socket, address: Any) -> int:
        _require_local(self.family, address)
        return _connect_ex(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(socket.socket, "connect_ex", connect_ex)
