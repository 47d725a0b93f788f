"""One process of the product, with everything that can befall it."""

import asyncio
import signal
import subprocess
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from tests.full_stack.stepped_clock import Clock
from tests.support.log_leaks import remember_log
from tools.environment import ROOT

READY_SECONDS = 60.0


class ProcessError(RuntimeError):
    """It did not start; the text ends with its last output."""


class Process:
    """Started, killed, paused, continued and started again at will; all it says goes to `log`."""

    def __init__(
        self,
        name: str,
        command: list[str],
        environment: Mapping[str, str],
        log: Path,
        is_ready: Callable[[], Awaitable[bool]],
        directory: Path = ROOT,
    ) -> None:
        self.name, self.command, self.environment, self.log = name, command, dict(environment), log
        self.starts, self.directory = 0, directory
        remember_log(log)
        self._is_ready = is_ready
        self._process: subprocess.Popen[bytes] | None = None

    def under(self, clock: Clock) -> None:
        """From its next start on it lives under this clock."""
        self.command = clock.command(self.command)

    async def start(self, *, ready: bool = True, **changes: str) -> None:
        """Start it, with these changes to its environment for this life, and wait until it serves."""
        assert not self.is_running, f"{self.name} runs already"
        self.starts += 1
        with self.log.open("ab") as log:
            # The kernel ends it with us, however we end.
            self._process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "--", *self.command],
                cwd=self.directory,
                env=self.environment | changes,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        if ready:
            await self.until_ready()

    async def until_ready(self, seconds: float = READY_SECONDS) -> None:
        """Wait until it serves. Raises ProcessError."""
        deadline = time.monotonic() + seconds
        while not await self._is_ready():
            if not self.is_running or time.monotonic() > deadline:
                said = self.log.read_text(errors="replace")[-3000:] if self.log.exists() else ""
                raise ProcessError(f"{self.name} does not serve; it said:\n{said}")
            await asyncio.sleep(0.1)

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """How its last life ended; None while it runs."""
        return self._process.poll() if self._process is not None else None

    @property
    def pid(self) -> int:
        assert self._process is not None, f"{self.name} was never started"
        return self._process.pid

    def signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)

    def pause(self) -> None:
        """SIGSTOP: it is there and does nothing."""
        self.signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self.signal(signal.SIGCONT)

    async def kill(self) -> None:
        """SIGKILL; quiet if it is gone already."""
        self.signal(signal.SIGKILL)
        await self._until_gone()

    async def stop(self, seconds: float = 15) -> None:
        """SIGTERM, and by force after `seconds`."""
        self.signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(seconds):
                await self._until_gone()
        except TimeoutError:
            await self.kill()

    async def _until_gone(self) -> None:
        while self.is_running:
            await asyncio.sleep(0.01)
