"""Ports that nobody uses, so that several labs run side by side."""

import random
import socket
from dataclasses import dataclass

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Ports:
    """What one lab listens on. Audio takes `rtp_start` and the 999 ports after it."""

    http: int
    sip: int
    carrier: int
    rtp_start: int


def free_ports() -> Ports:
    """Ports free at this moment. Asterisk skips a taken audio port by itself; labs only start at different ones."""
    sockets = [
        socket.socket(socket.AF_INET, kind)
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_DGRAM)
    ]
    try:
        for one in sockets:
            one.bind((HOST, 0))
        http, sip, carrier = (one.getsockname()[1] for one in sockets)
    finally:
        for one in sockets:
            one.close()
    # Below the range from which the kernel hands out ports (32768).
    return Ports(http, sip, carrier, random.randrange(10_000, 31_000, 1_000))
