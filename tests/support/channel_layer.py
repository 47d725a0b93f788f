"""`channel_layer`: for tests of sockets. The connections of the layer and of the live thread end with the test's loop."""

from collections.abc import AsyncIterator

import pytest_asyncio
from channels.layers import get_channel_layer

from web.live_thread import give_connection_back


@pytest_asyncio.fixture
async def channel_layer() -> AsyncIterator[None]:
    yield
    await get_channel_layer().close()
    await give_connection_back()
