"""Tests of the adapter run in virtual time, on the simulated switch, against a scripted Django."""

from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

import pytest
import pytest_asyncio

from tests.adapter.post import Post
from tests.adapter.rig import Rig
from tests.adapter.virtual_time import VirtualTimeLoop


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], object]]:
    return {"virtual": VirtualTimeLoop}


@pytest_asyncio.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    """A running adapter with everything around it."""
    async with Rig(tmp_path) as running:
        await running.start()
        yield running


@pytest_asyncio.fixture
async def post(tmp_path: Path) -> AsyncIterator[Post]:
    """A reporter at work."""
    post = Post(tmp_path)
    await post.django.start()
    await post.start()
    yield post
    await post.stop()
    await post.django.stop()
