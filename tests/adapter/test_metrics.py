"""What the adapter tells Prometheus, and the alarms that real faults of the phone system raise."""

import asyncio
import os
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
NEVER_ANSWERS, UNAVAILABLE, BUSY = phone(8), phone(9), phone(6)


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
    cured = await read(rig)
    assert fires("AsteriskDown", before, after, cured)
    assert fires("AdapterNotReady", before, after, cured)


async def test_calls_that_fail(rig: Rig) -> None:
    before = await read(rig)
    for _ in range(6):
        await over(rig, operator=UNAVAILABLE)
    assert fires("CallsFail", before, await read(rig))


async def test_people_who_are_busy_are_no_fault(rig: Rig) -> None:
    before = await read(rig)
    for _ in range(6):
        await over(rig, operator=BUSY)
    with pytest.raises(AssertionError, match="CallsFail"):
        fires("CallsFail", before, await read(rig))


async def test_callers_who_are_refused(rig: Rig) -> None:
    await rig.stop()
    await rig.start(max_calls=1)
    before = await read(rig)
    await rig.joined()
    assert (await rig.post("/call/originate", rig.plan()))[0] == 503
    after = await read(rig)
    assert fires("CallsRefused", before, after)
    assert fires("PhoneLinesFull", before, after)


async def test_customers_who_do_not_pick_up(rig: Rig) -> None:
    await over(rig, customer=BUSY)  # of this caller ID something was counted before
    before = await read(rig)
    for _ in range(22):
        await over(rig, customer=NEVER_ANSWERS)
    assert fires("AnswerRateLow", before, await read(rig))


async def test_phones_that_ring_late(rig: Rig) -> None:
    before = await read(rig)
    rig.switch.carrier_waits = 4.5
    for _ in range(6):
        await over(rig, customer=phone(0, ring=6, talk=1))
    assert fires("CarrierSlow", before, await read(rig))


async def test_calls_that_take_long_to_be_joined(rig: Rig) -> None:
    before = await read(rig)
    for _ in range(6):
        call_id = await rig.originate(
            customer=phone(1, ring=28), operator=phone(1, ring=24), customer__ring_seconds=30, operator__ring_seconds=30
        )  # fmt: skip
        await rig.django.wait(call_id, "started")
        await rig.hang_up(call_id, Leg.CUSTOMER)
        await rig.django.ending(call_id)
    assert fires("SetupSlow", before, await read(rig))


async def test_events_that_web_does_not_take(rig: Rig) -> None:
    before = await read(rig)
    call_id = await rig.joined()
    await rig.django.stop()
    await rig.hang_up(call_id, Leg.CUSTOMER)
    await asyncio.sleep(1)
    after = await read(rig)
    await rig.django.start(rig.django.port)
    await rig.django.ending(call_id)
    await asyncio.sleep(1)
    assert fires("EventsStuck", before, after, await read(rig), lasts=10)


async def test_events_that_web_refuses(rig: Rig) -> None:
    before = await read(rig)
    rig.django.answers = lambda event: (422, {"ok": False, "error": "no"})
    await rig.originate(customer=BUSY)
    await asyncio.sleep(60)
    assert fires("EventsRefused", before, await read(rig))


async def test_clocks_that_differ(rig: Rig) -> None:
    before = await read(rig)
    rig.switch_step = 20.0
    await rig.joined()
    assert fires("ClocksApart", before, await read(rig))


async def test_grants_that_come_too_late_and_the_calls_that_they_end(rig: Rig) -> None:
    before = await read(rig)
    rig.django.answers = lambda event: None if event.state == "progress" else rig.django.answer(event)
    call_id = await rig.joined()
    assert (await rig.django.ending(call_id)).metadata["why"] == "not_renewed"
    after = await read(rig)
    assert fires("GrantsLate", before, after)
    assert fires("CallsCutOff", before, after)


async def test_a_disk_that_takes_nothing(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    before = await read(rig)

    def full(fd: int, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", full)
        assert await rig.post("/call/originate", rig.plan()) == (503, {"ok": False, "error": "journal"})
        after = await read(rig)
    await rig.joined()
    assert fires("JournalBroken", before, after, await read(rig))
