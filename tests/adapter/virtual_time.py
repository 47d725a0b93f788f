"""An event loop whose clock jumps: a call of two minutes takes milliseconds, and is never a millisecond off.

Whenever nothing is ready, nothing arrives and no thread works, the clock is set to the next timer. Sockets on this
machine work as ever. Product code sees an ordinary loop.
"""

import asyncio
import selectors
from typing import Any


class _JumpingSelector(selectors.DefaultSelector):  # type: ignore[misc, valid-type]
    loop: "VirtualTimeLoop"

    def select(self, timeout: float | None = None) -> Any:
        if timeout is None or timeout <= 0:
            return super().select(timeout)
        if self.loop.jobs:
            return super().select(0.001)  # a thread works: real time passes, ours does not
        ready = super().select(0)  # what was sent on the loopback is there at once
        if not ready:
            self.loop.clock += timeout
        return ready


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self.clock = 1000.0
        self.jobs = 0
        selector = _JumpingSelector()
        selector.loop = self
        super().__init__(selector)

    def time(self) -> float:
        return self.clock

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> Any:  # type: ignore[override]
        future = super().run_in_executor(executor, func, *args)
        self.jobs += 1
        future.add_done_callback(self._job_done)
        return future

    def _job_done(self, _: Any) -> None:
        self.jobs -= 1
