"""The event stream of the simulated switch."""

import asyncio
from collections.abc import AsyncIterator

from telephony.adapter.switch import SwitchEvent, SwitchUnavailable


class SimulatedStream:
    """One subscription; see `switch.EventStream`."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[SwitchEvent | Exception | None] = asyncio.Queue()
        self.is_open = True

    def put(self, item: SwitchEvent | Exception | None) -> None:
        if self.is_open:
            self._queue.put_nowait(item)

    def end(self, reason: Exception | None = None) -> None:
        self.put(reason)
        self.is_open = False

    async def __aiter__(self) -> AsyncIterator[SwitchEvent]:
        while (item := await self._queue.get()) is not None:
            if isinstance(item, Exception):
                raise item
            yield item
            self._queue.task_done()

    async def ping(self) -> None:
        for _ in range(100):
            if self._queue.empty():
                break
            await asyncio.sleep(0)
        if not self.is_open:
            raise SwitchUnavailable("the stream is closed")

    async def close(self) -> None:
        self.is_open = False
