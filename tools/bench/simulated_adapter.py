"""`python -m tools.bench.simulated_adapter`: the adapter on its simulated switch, which notes the CPU time that it takes itself.

A real switch is another program on another core; so what the simulated one takes is not the adapter's. The seconds are kept in the
file named by `BENCH_SWITCH_TIME`, as one double.
"""

import functools
import inspect
import mmap
import os
import struct
import time
import types
from collections.abc import Callable, Coroutine, Generator
from pathlib import Path
from typing import Any

_SECONDS = struct.Struct("d")


class SwitchTime:
    """Seconds of CPU between entering the switch and leaving it, from wherever it is called."""

    def __init__(self, file: Path) -> None:
        file.write_bytes(bytes(_SECONDS.size))
        with file.open("r+b") as opened:
            self._kept = mmap.mmap(opened.fileno(), _SECONDS.size)
        self._spent = 0.0
        self._depth = 0
        self._entered = 0.0

    def _enter(self) -> None:
        if self._depth == 0:
            self._entered = time.thread_time()
        self._depth += 1

    def _leave(self) -> None:
        self._depth -= 1
        if self._depth == 0:
            self._spent += time.thread_time() - self._entered
            _SECONDS.pack_into(self._kept, 0, self._spent)

    def counted(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The same function or coroutine function, its steps counted."""
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def steps(*arguments: Any, **named: Any) -> Any:
                return await self._drive(function(*arguments, **named))

            return steps

        @functools.wraps(function)
        def at_once(*arguments: Any, **named: Any) -> Any:
            self._enter()
            try:
                return function(*arguments, **named)
            finally:
                self._leave()

        return at_once

    @types.coroutine
    def _drive(self, inner: Coroutine[Any, Any, Any]) -> Generator[Any, Any, Any]:
        step: Callable[[], Any] = functools.partial(inner.send, None)
        while True:
            self._enter()
            try:
                waits_for = step()
            except StopIteration as done:
                return done.value
            finally:
                self._leave()
            try:
                step = functools.partial(inner.send, (yield waits_for))
            except BaseException as error:
                step = functools.partial(inner.throw, error)


def seconds_of(file: Path) -> float:
    """What the switch has taken so far."""
    return float(_SECONDS.unpack(file.read_bytes())[0]) if file.exists() else 0.0


def count_switch(spent: SwitchTime) -> None:
    """Count what is asked of the switch, and what its phones do when their time comes."""
    from telephony.adapter.simulated_channel import Channel
    from telephony.adapter.simulator import SimulatedSwitch

    for name, function in vars(SimulatedSwitch).items():
        if inspect.isfunction(function) and not name.startswith("_"):
            setattr(SimulatedSwitch, name, spent.counted(function))
    after = Channel.after

    def counted_after(self: Channel, what: str, seconds: float, act: Callable[[], None]) -> None:
        after(self, what, seconds, spent.counted(act))

    Channel.after = counted_after  # type: ignore[method-assign]


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aeims.settings")
    import django

    django.setup()
    from django.core.management import call_command

    count_switch(SwitchTime(Path(os.environ["BENCH_SWITCH_TIME"])))
    call_command("run_asterisk_adapter", "--simulate")


if __name__ == "__main__":
    main()
