"""The servers of `make run` beside daphne alone: the same requests, over HTTP with kept connections, in turns."""

import socket
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from statistics import median

from tools.bench.stack import daphne_alone, stack
from tools.bench.table import Goal
from tools.serving import HOST

CLIENTS = 8


def measure(*, rounds: int = 2, seconds: float = 3.0) -> list[Goal]:
    """Requests a second of a view without a database, and of the balance check, each as a ratio."""
    paths = {
        "a view without a database": _request("localhost", "/livez"),
        "balance check": _balance_request(),
    }
    rates: dict[tuple[str, str], list[float]] = {}
    with (
        tempfile.TemporaryDirectory() as place,
        daphne_alone(Path(place)) as alone,
        stack(Path(place)) as all_of_it,
    ):
        for _ in range(rounds):
            for name, port in (("daphne", alone), ("stack", all_of_it.port)):
                for what, request in paths.items():
                    rates.setdefault((what, name), []).append(_rate(port, request, seconds))
    return [_goal(what, median(rates[what, "stack"]), median(rates[what, "daphne"])) for what in paths]


def _goal(what: str, stack: float, alone: float) -> Goal:
    return Goal(
        what=f"served: {what}",
        measured=stack / alone,
        unit=" ×",
        beside=f"one daphne process: {alone:.0f}/s; gunicorn with two workers behind Caddy {stack:.0f}/s",
    )


def _balance_request() -> bytes:
    from customers.api_tokens import issue_token
    from tests.scenario import given_customer, given_operator

    customer, operator = given_customer(balance="45.00", free_minutes=10), given_operator()
    path = f"/api/balance/check/?operator_id={operator.pk}"
    return _request("flirts.localhost", path, f"Authorization: Token {issue_token(customer.user)}\r\n")


def _request(host: str, path: str, more: str = "") -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\n{more}\r\n".encode()


def _rate(port: int, request: bytes, seconds: float) -> float:
    """Requests a second that `CLIENTS` threads get answered; anything but 200 ends the run."""
    _ask_for(port, request, min(1.0, seconds))
    counts: list[int] = []
    work: Callable[[], None] = partial(_count, counts, port, request, seconds)
    threads = [threading.Thread(target=work) for _ in range(CLIENTS)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(counts) < CLIENTS:
        raise SystemExit("A request was not answered with 200.")
    return sum(counts) / (time.perf_counter() - started)


def _count(counts: list[int], port: int, request: bytes, seconds: float) -> None:
    counts.append(_ask_for(port, request, seconds))


def _ask_for(port: int, request: bytes, seconds: float) -> int:
    """How many requests, one after the other, were answered in that time. Raises RuntimeError."""
    answered, end = 0, time.monotonic() + seconds
    with closing(socket.create_connection((HOST, port))) as connection, connection.makefile("rb") as answers:
        while time.monotonic() < end:
            connection.sendall(request)
            status = answers.readline()
            length = 0
            while (line := answers.readline().strip().lower()) and line != b"":
                name, _, value = line.partition(b":")
                length = int(value) if name == b"content-length" else length
            answers.read(length)
            if b" 200 " not in status:
                raise RuntimeError(f"answered {status!r}")
            answered += 1
    return answered
