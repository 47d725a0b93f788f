"""The product's processes as production has them: gunicorn's workers and daphne behind the proxy, and the adapter.

The adapter drives a simulated switch; what the switch itself takes of the adapter's process is counted apart (`simulated_adapter`).
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

from tools.bench.processes import cpu_seconds, free_port
from tools.environment import ROOT
from tools.serving import HOST, Server, daphne, is_ready, servers, serving_environment
from tools.supervise import LEASH

READY_SECONDS = 90.0
STOP_SECONDS = 30.0


@dataclass(frozen=True, kw_only=True)
class Stack:
    """What runs: the proxy listens on `port`; `pids` by the name of the server."""

    port: int
    pids: Mapping[str, int]
    switch_time: Path  # seconds of CPU of the simulated switch, if there is an adapter

    def cpu(self) -> dict[str, float]:
        """Seconds by process since its start."""
        return {name: cpu_seconds(pid) for name, pid in self.pids.items()}


@contextmanager
def stack(place: Path, *, with_adapter: bool = False, **settings: str) -> Iterator[Stack]:
    """Everything started and answering; ended afterwards. Files and logs go below `place`."""
    port = free_port()
    environment = environment_of(place, port) | serving_environment(place, port)
    environment["WEB_EVENTS_LISTEN"] = ""
    switch_time = place / "switch-time"
    if with_adapter:
        environment |= _adapter_environment(place, switch_time)
    environment |= settings
    with ExitStack() as running:
        pids = {}
        for server in servers(environment):
            process = running.enter_context(_started(server, environment, place))
            pids[server.name] = process.pid
        for server in servers(environment):
            _wait(server.name, pids[server.name], lambda one=server: is_ready(one, environment), place)  # type: ignore[misc]
        if with_adapter:
            command = [sys.executable, "-m", "tools.bench.simulated_adapter"]
            adapter = Server(name="adapter", command=command)
            pids["adapter"] = running.enter_context(_started(adapter, environment, place)).pid
            _wait("adapter", pids["adapter"], lambda: _answers(environment), place)
        yield Stack(port=port, pids=pids, switch_time=switch_time)


@contextmanager
def daphne_alone(place: Path) -> Iterator[int]:
    """One process for everything; the port that it listens on."""
    port = free_port()
    environment = environment_of(place, port)
    server = Server(name="daphne", command=daphne(str(port)))
    with _started(server, environment, place) as process:
        _wait(server.name, process.pid, lambda: is_ready(server, environment), place)
        yield port


def environment_of(place: Path, port: int) -> dict[str, str]:
    own = {"PORT": str(port), "AEIMS_DATA_DIR": str(place), "DATABASE_POOL_SIZE": "8"}
    return {name: value for name, value in os.environ.items() if name != "DATABASE_OWNER_URL"} | own


def _adapter_environment(place: Path, switch_time: Path) -> dict[str, str]:
    events, listen = f"{HOST}:{free_port()}", f"{HOST}:{free_port()}"
    return {
        "WEB_EVENTS_LISTEN": events,
        "AEIMS_WEBHOOK_URL": f"http://{events}/api/telephony/events/",
        "ADAPTER_LISTEN": listen,
        "ASTERISK_ADAPTER_URL": f"http://{listen}",
        "ADAPTER_JOURNAL": str(place / "journal"),
        "ADAPTER_MAX_CALLS": "10000",
        "ADAPTER_CALLS_PER_SECOND": "1000",  # the offered rate is the bench's
        "BENCH_SWITCH_TIME": str(switch_time),
    }


@contextmanager
def _started(
    server: Server, environment: Mapping[str, str], place: Path
) -> "Iterator[subprocess.Popen[bytes]]":
    with (place / f"{server.name}.log").open("wb") as log:
        process = subprocess.Popen(
            [*LEASH, *server.command], cwd=ROOT, env=dict(environment), stdout=log, stderr=log
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(name: str, pid: int, is_up: Callable[[], bool], place: Path) -> None:
    """Raises RuntimeError with the end of the log of a server that does not come up."""
    deadline = time.monotonic() + READY_SECONDS
    while not is_up():
        if time.monotonic() > deadline or _has_ended(pid):
            last = (place / f"{name}.log").read_text(errors="replace").splitlines()[-5:]
            raise RuntimeError(f"{name} does not serve: {' '.join(last)}")
        time.sleep(0.1)


def _has_ended(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def _answers(environment: Mapping[str, str]) -> bool:
    request = Request(  # noqa: S310 (our own address)
        f"{environment['ASTERISK_ADAPTER_URL']}/health",
        headers={"Authorization": f"Bearer {environment['AEIMS_API_KEY']}"},
    )
    try:
        with urlopen(request, timeout=2) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False
