"""An event loop whose clock jumps: a call of two minutes takes milliseconds, and is never a millisecond off.

Whenever nothing is ready, nothing is on its way and no thread works, the clock is set to the next timer. Sockets on
this machine work as ever: what they carry arrives in real time, which a busy machine takes more of, and ours stands
still until it has. Product code sees an ordinary loop.
"""

import asyncio
import fcntl
import selectors
import struct
import termios
from typing import Any

_PATIENCE = 10  # looks, of a millisecond each: a peer may be slow to acknowledge what it has long received


class _JumpingSelector(selectors.DefaultSelector):  # type: ignore[misc, valid-type]
    loop: "VirtualTimeLoop"
    waits = 0

    def select(self, timeout: float | None = None) -> Any:
        if timeout is None or timeout <= 0:
            return super().select(timeout)
        if self.loop.jobs:
            return super().select(0.001)  # a thread works: real time passes, ours does not
        ready = super().select(0)
        if not ready and self.waits < _PATIENCE and any(map(_is_sending, self.get_map().values())):
            self.waits += 1
            ready = super().select(0.001)
        elif not ready:
            self.loop.clock += timeout
        if ready:
            self.waits = 0
        return ready


def _is_sending(key: selectors.SelectorKey) -> bool:
    """Whether this socket connects, or has sent what its peer has not acknowledged."""
    if key.events & selectors.EVENT_WRITE:
        return True
    try:
        (unacknowledged,) = struct.unpack("i", fcntl.ioctl(key.fd, termios.TIOCOUTQ, bytes(4)))
    except OSError:
        return False  # it listens
    return bool(unacknowledged > 0)


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

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:
        """Without the limit that Python 3.12 brought: ours would jump to its end."""
        await super().shutdown_default_executor()

    def _job_done(self, _: Any) -> None:
        self.jobs -= 1
