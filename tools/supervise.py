"""Keeps the processes of `make run` alive: start, wait until each answers, restart with back-off, stop.

A process that dies is started again after 1, 2, 4, 8 s; one that dies `MAX_FAILURES` times without a
steady minute between ends the whole run with its last output. While the database is away nobody's death counts:
they are started again when it is back.
"""

import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

MAX_FAILURES = 5
BACK_OFF_SECONDS = 1.0
STEADY_SECONDS = 60
READY_SECONDS = 90
STOP_SECONDS = 10
# The kernel asks the process to end when the launcher is gone, even by SIGKILL.
LEASH = ["setpriv", "--pdeathsig", "TERM", "--"]


class ServiceFailed(RuntimeError):
    """A service cannot be kept alive or does not answer; the message ends with its last output."""


@dataclass(kw_only=True)
class Service:
    """One process: how it is started and how it says that it is ready.

    Its output goes to the console behind its name, and to `log`; the log of the run before is kept
    beside it as `*.1`.
    """

    name: str
    command: list[str]
    environment: Mapping[str, str]
    log: Path
    is_ready: Callable[[], bool]
    process: "subprocess.Popen[bytes] | None" = None
    failures: int = 0
    started_at: float = 0.0
    restart_at: float | None = None
    last_lines: deque[str] = field(default_factory=lambda: deque(maxlen=30))

    def start(self) -> None:
        """Start the process in a session of its own: Ctrl-C reaches the launcher alone, which stops it in order."""
        self.restart_at = None
        self.started_at = time.monotonic()
        self.process = subprocess.Popen(
            [*LEASH, *self.command],
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        assert self.process.stdout is not None
        threading.Thread(target=self._copy_output, args=(self.process.stdout,), daemon=True).start()

    def _copy_output(self, output: IO[bytes]) -> None:
        with output, self.log.open("ab") as log:
            for line in output:
                log.write(line)
                log.flush()
                text = line.decode(errors="replace").rstrip()
                self.last_lines.append(text)
                say(self.name, text)

    def failure(self, what: str) -> ServiceFailed:
        return ServiceFailed("\n".join([f"{self.name} {what}. Its last output:", *self.last_lines]))


def say(name: str, text: str) -> None:
    """One line on the console, behind the name of who says it."""
    print(f"{name:>8} | {text}", flush=True)


def start_all(services: Iterable[Service], should_stop: threading.Event) -> None:
    """Start the services and wait until all answer, or until asked to stop. Raises ServiceFailed."""
    services = list(services)
    for service in services:
        service.log.parent.mkdir(parents=True, exist_ok=True)
        if service.log.exists():
            service.log.replace(service.log.with_suffix(service.log.suffix + ".1"))
        service.start()
    deadline = time.monotonic() + READY_SECONDS
    waiting = services
    while waiting and not should_stop.is_set():
        for service in waiting:
            assert service.process is not None
            if service.process.poll() is not None:
                raise service.failure(f"ended with {service.process.returncode} at its start")
        if time.monotonic() > deadline:
            raise waiting[0].failure(f"does not answer after {READY_SECONDS} s")
        waiting = [service for service in waiting if not service.is_ready()]
        should_stop.wait(0.2 if waiting else 0)


def keep_alive(
    services: Iterable[Service],
    should_stop: threading.Event,
    has_database: Callable[[], bool] = lambda: True,
) -> None:
    """Restart what dies until asked to stop. Raises ServiceFailed when one keeps dying.

    `has_database` is asked only when something died or waits to be started.
    """
    services = list(services)
    while not should_stop.wait(0.5):
        for service in services:
            _tend(service, time.monotonic(), has_database)


def _tend(service: Service, now: float, has_database: Callable[[], bool]) -> None:
    """One look at one service: note a death and plan the restart, or carry out the planned one."""
    if service.restart_at is not None:
        if now >= service.restart_at and has_database():
            service.start()
        return
    assert service.process is not None
    code = service.process.poll()
    if code is None:
        return
    if not has_database():
        say(service.name, f"ended with {code}; starting it again when the database is back")
        service.restart_at = now
        return
    service.failures = 1 if now - service.started_at > STEADY_SECONDS else service.failures + 1
    if service.failures >= MAX_FAILURES:
        raise service.failure(f"ended {service.failures} times, last with {code}")
    delay = BACK_OFF_SECONDS * 2 ** (service.failures - 1)
    say(service.name, f"ended with {code}; starting it again in {delay:.0f} s")
    service.restart_at = now + delay


def stop_all(services: Iterable[Service]) -> None:
    """Ask all to end, wait together, and end by force what has not."""
    running = [s for s in services if s.process is not None and s.process.poll() is None]
    for service in running:
        assert service.process is not None
        service.process.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    for service in running:
        assert service.process is not None
        try:
            service.process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            print(f"{service.name} did not end in {STOP_SECONDS} s; ending it by force.", file=sys.stderr)
            service.process.kill()
            service.process.wait()
