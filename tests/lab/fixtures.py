"""The lab as pytest fixtures. A conftest takes them with `from tests.lab.fixtures import *`.

`asterisk`  a running Asterisk, one per session (and per parallel worker) on ports of its own; no call is on it at the
            beginning of a test, and a test that killed it leaves it to the next one restarted
`carrier`   the outside world's phones (`tests.lab.carrier.Carrier`) on the port that this Asterisk dials
`ari`       a plain ARI client under an application name of its own

If no Asterisk can be had the tests fail, saying what is missing: nothing is skipped.
"""

import json
import os
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.lab.ari import Ari
from tests.lab.asterisk import ARI_PASSWORD, ARI_USER, Asterisk
from tests.lab.carrier import Carrier
from tests.lab.ports import free_ports

__all__ = ["ari", "asterisk", "asterisk_session", "carrier"]

# Short, so that a test of it is; phones of the lab speak all the time unless told otherwise.
RTP_TIMEOUT_SECONDS = 3


@pytest.fixture(scope="session")
def asterisk_session() -> Iterator[Asterisk]:
    """The session's Asterisk. Tests take `asterisk`."""
    name = f"test-{os.getpid()}"
    _forget_the_dead()
    with Asterisk(name, ports=free_ports(), values={"RTP_TIMEOUT": str(RTP_TIMEOUT_SECONDS)}) as node:
        yield node


@pytest.fixture
def asterisk(asterisk_session: Asterisk) -> Iterator[Asterisk]:
    """The session's Asterisk, up and without calls."""
    if not asterisk_session.pid():
        asterisk_session.up(fresh=False)
    yield asterisk_session
    if asterisk_session.pid():
        end_all_calls(asterisk_session)


@pytest_asyncio.fixture
async def carrier(asterisk: Asterisk) -> AsyncIterator[Carrier]:
    """All phones outside."""
    async with Carrier(port=asterisk.ports.carrier) as phones:
        yield phones


@pytest_asyncio.fixture
async def ari(asterisk: Asterisk) -> AsyncIterator[Ari]:
    """A plain ARI client."""
    async with Ari(asterisk, app="plain") as client:
        yield client


def _forget_the_dead() -> None:
    """Remove what runs that were killed left behind; the kernel has ended their Asterisk with them."""
    for directory in Asterisk.places().glob("test-*"):
        if not Path(f"/proc/{directory.name.split('-')[1]}").exists():
            shutil.rmtree(directory, ignore_errors=True)


def end_all_calls(node: Asterisk) -> None:
    """Whatever a test left: no channel, no bridge. A bridge may be gone only a moment after the last channel in it."""
    deadline = time.monotonic() + 5
    while channels := _ari(node, "GET", "channels"):
        if time.monotonic() > deadline:
            raise AssertionError(f"calls that do not end: {[channel['name'] for channel in channels]}")
        for channel in channels:
            _ari(node, "DELETE", f"channels/{channel['id']}")
        time.sleep(0.05)
    # The adapter of the next test has a journal of its own and need not wait for this one's to fall silent.
    _ari(node, "POST", "asterisk/variable?variable=AEIMS_ADAPTER_adapter&value=")
    while bridges := _ari(node, "GET", "bridges"):
        if time.monotonic() > deadline:
            raise AssertionError(f"bridges that do not end: {[bridge['id'] for bridge in bridges]}")
        for bridge in bridges:
            _ari(node, "DELETE", f"bridges/{bridge['id']}")
        time.sleep(0.05)


def _ari(node: Asterisk, method: str, path: str) -> list[dict[str, str]]:
    url = f"{node.ari_url}/{path}{'&' if '?' in path else '?'}api_key={ARI_USER}:{ARI_PASSWORD}"
    request = urllib.request.Request(url, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            found: list[dict[str, str]] = json.loads(answer.read() or b"[]")
            return found
    except urllib.error.HTTPError as error:
        with error:
            if error.code in (404, 409):  # gone meanwhile, or about to go
                return []
            raise
