"""What the adapter tells Prometheus, and the alarms that real faults of the phone system raise."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from telephony.states import Leg
from tests.adapter.rig import PLATFORM, Rig, phone
from tests.watching.rules import Series, fires, series_of

KEY = "key-of-the-metrics-in-tests-0123456789"
BUSY = phone(6)


@pytest_asyncio.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    """A running adapter whose metrics may be read."""
    async with Rig(tmp_path, metrics_key=KEY) as running:
        await running.start()
        yield running


async def ask(rig: Rig, key: str = KEY) -> tuple[int, str]:
    headers = {"Authorization": f"Bearer {key}"}
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"http://127.0.0.1:{rig.port}/metrics", headers=headers) as answer,
    ):
        return answer.status, await answer.text()


async def read(rig: Rig) -> Series:
    status, text = await ask(rig)
    assert status == 200, text
    return series_of(text, "adapter")


def value(series: Series, name: str, **labels: str) -> float:
    [found] = [
        figure
        for (of, having), figure in series.items()
        if of == name and labels.items() <= dict(having).items()
    ]
    return found


async def over(rig: Rig, **changes: Any) -> None:
    await rig.django.ending(await rig.originate(**changes))


async def test_nobody_reads_them_without_their_key(rig: Rig) -> None:
    assert (await ask(rig, ""))[0] == (await ask(rig, "a key that only the tests know"))[0] == 401
    assert (await rig.get("/health", KEY))[0] == 401, "it opens nothing else"
    await rig.stop()
    await rig.start(metrics_key="")
    assert (await ask(rig, ""))[0] == (await ask(rig))[0] == 401


async def test_a_call_from_the_first_ring_to_its_end(rig: Rig) -> None:
    call_id = await rig.originate()
    await rig.django.wait(call_id, "started")
    during = await read(rig)
    last_two = PLATFORM[-2:]
    for leg in Leg:
        assert value(during, "aeims_legs_dialed_total", leg=leg, caller_id=last_two) == 1
        assert value(during, "aeims_legs_answered_total", leg=leg, caller_id=last_two) == 1
        assert value(during, "aeims_leg_ringing_seconds_count", leg=leg) == 1
    assert value(during, "aeims_calls_begun_total") == value(during, "aeims_calls_joined_total") == 1
    assert 4 < value(during, "aeims_call_setup_seconds_sum") < 12
    assert value(during, "aeims_adapter_calls") == 1
    assert (value(during, "aeims_asterisk_channels"), value(during, "aeims_asterisk_bridges")) == (2, 1)
    assert value(during, "aeims_adapter_state", state="ready") == 1
    await rig.hang_up(call_id, Leg.CUSTOMER)
    await rig.django.ending(call_id)
    assert value(await read(rig), "aeims_calls_ended_total", why="hangup") == 1
    _, text = await ask(rig)
    assert call_id not in text
    assert "+1" not in text


async def test_asterisk_that_is_gone(rig: Rig) -> None:
    before = await read(rig)
    await rig.cut()
    after = await read(rig)
    await rig.mend()
    await rig.until_ready()
    assert fires("AsteriskDown", before, after, await read(rig))


async def test_people_who_are_busy_are_no_fault(rig: Rig) -> None:
    before = await read(rig)
    for _ in range(6):
        await over(rig, operator=BUSY)
    with pytest.raises(AssertionError, match="CallsFail"):
        fires("CallsFail", before, await read(rig))
