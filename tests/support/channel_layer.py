"""`channel_layer`: for tests of sockets. The layer's own connections end with the test's event loop."""

from collections.abc import AsyncIterator

import pytest_asyncio
from channels.layers import get_channel_layer


@pytest_asyncio.fixture
async def channel_layer() -> AsyncIterator[None]:
    yield
    await get_channel_layer().close()
