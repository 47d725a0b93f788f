"""The servers of `make run` beside daphne alone: the same requests, over HTTP with kept connections, in turns."""

import os
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from statistics import median

from tools.bench.table import Goal
from tools.environment import ROOT
from tools.serving import HOST, Server, daphne, is_ready, servers, serving_environment

CLIENTS = 8
READY_SECONDS = 60.0


def measure(*, rounds: int = 3, seconds: float = 4.0) -> list[Goal]:
    """Requests a second of a view without a database, and of the balance check, each as a ratio."""
    paths = {
        "a view without a database": _request("localhost", "/livez"),
        "balance check": _balance_request(),
    }
    rates: dict[tuple[str, str], list[float]] = {}
    with tempfile.TemporaryDirectory() as place, _daphne(Path(place)) as alone, _stack(Path(place)) as stack:
        for _ in range(rounds):
            for name, port in (("daphne", alone), ("stack", stack)):
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


@contextmanager
def _daphne(place: Path) -> Iterator[int]:
    port = _free_port()
    environment = _environment(place, port)
    server = Server(name="daphne", command=daphne(str(port)))
    with _running(server, environment):
        yield port


@contextmanager
def _stack(place: Path) -> Iterator[int]:
    port = _free_port()
    environment = _environment(place, port) | serving_environment(place, port) | {"WEB_EVENTS_LISTEN": ""}
    web, sockets, proxy = servers(environment)
    with _running(web, environment), _running(sockets, environment), _running(proxy, environment):
        yield port


def _environment(place: Path, port: int) -> dict[str, str]:
    own = {"PORT": str(port), "AEIMS_DATA_DIR": str(place), "DATABASE_POOL_SIZE": "8"}
    return {name: value for name, value in os.environ.items() if name != "DATABASE_OWNER_URL"} | own


@contextmanager
def _running(server: Server, environment: Mapping[str, str]) -> Iterator[None]:
    process = subprocess.Popen(server.command, cwd=ROOT, env=dict(environment))
    try:
        deadline = time.monotonic() + READY_SECONDS
        while not is_ready(server, environment):
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"{server.name} does not serve; its output is above.")
            time.sleep(0.2)
        yield
    finally:
        process.terminate()
        process.wait()


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


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
