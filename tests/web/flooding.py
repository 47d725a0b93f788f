"""An ASGI application whose sockets are sent as much as they take and more, for `test_slow_readers`; run by daphne."""

import asyncio
from typing import Any

from aeims import slow_readers

slow_readers.MAX_SECONDS = 1.0
slow_readers.install()


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    closed = asyncio.ensure_future(receive())
    while not closed.done():
        await send({"type": "websocket.send", "text": "x" * 2000})
        await asyncio.sleep(0.001)
