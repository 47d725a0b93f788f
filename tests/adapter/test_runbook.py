"""The runbook's entries about the phone system, each followed: the fault, its first look, its cure, and the alarm at rest.

The table of all entries is `tests/watching/runbook.py`.
"""

import asyncio
import errno
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from backoffice import service_health
from backoffice.checks import Check
from telephony.adapter.switch import Survey, SwitchError
from telephony.adapter.trunk import Trunk
from telephony.states import Leg
from tests.adapter.contract_trunks import FIRST, SECOND
from tests.adapter.django import KEY as DJANGO_KEY
from tests.adapter.rig import PLATFORM, Rig, phone
from tests.adapter.test_media_watch import endings, talking
from tests.adapter.test_metrics import KEY, read, value
from tests.watching.rules import Series, fires, series_of

NEVER_ANSWERS, UNAVAILABLE, BUSY, ANSWERS = phone(8), phone(9), phone(6), phone(1)
TWO = (Trunk(), Trunk(name=SECOND, template="PJSIP/{number}@carrier2"))
OF_HALF_AN_HOUR, OF_AN_HOUR, OF_SIX_HOURS, OF_A_DAY = (
    45,
    75,
    380,
    1_500,
)  # minutes until an alarm of that window rests


@pytest_asyncio.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    """A running adapter whose metrics may be read."""
    async with Rig(tmp_path, metrics_key=KEY) as running:
        await running.start()
        yield running


async def calls(rig: Rig, count: int, **changes: Any) -> None:
    """So many calls, one after the other, each to its end."""
    for _ in range(count):
        call_id = await rig.originate(**changes)
        if changes.keys() & {"customer", "operator"}:
            await rig.django.ending(call_id)
        else:
            await rig.django.wait(call_id, "started")
            await rig.hang_up(call_id, Leg.CUSTOMER)
            await rig.django.ending(call_id)


async def health(rig: Rig) -> dict[str, Any]:
    return (await rig.get("/health"))[1]


def as_web_tells(*checks: Check) -> Series:
    """What web tells Prometheus of these checks, which it makes of the adapter's health."""
    lines = [
        f'aeims_check_ok{{check="{check.name.lower().replace(" ", "_")}"}} {float(check.is_well)}'
        for check in checks
    ]
    return series_of("\n".join(["# TYPE aeims_check_ok gauge", *lines, "up 1", ""]), "web")


# -- AdapterNotReady, AsteriskDown


async def test_no_adapter_is_ready_while_its_asterisk_is_away(rig: Rig) -> None:
    before = await read(rig)
    await rig.cut()
    after = await read(rig)
    assert value(after, "aeims_adapter_state", state="no_switch") == 1
    await rig.mend()
    await rig.until_ready()
    assert fires("AdapterNotReady", before, after, await read(rig))


async def test_no_adapter_is_ready_while_asterisk_lets_it_in_and_answers_nothing_else(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    before = await read(rig)
    call_id = await rig.joined()
    await rig.kill()

    async def refuses() -> Survey:
        raise SwitchError("500 Internal Server Error")

    with monkeypatch.context() as patched:
        patched.setattr(rig.switch, "survey", refuses)
        await rig.start_unready()
        await asyncio.sleep(70)
        after = await read(rig)
    assert value(after, "aeims_adapter_state", state="recovering") == 1
    assert "the switch failed while reconciling: 500" in caplog.text
    await rig.until_ready()
    assert await rig.talks_on(call_id)
    assert fires("AdapterNotReady", before, after, await read(rig))


async def test_no_adapter_is_ready_while_the_one_that_stands_by_waits_for_another(
    rig: Rig, tmp_path: Path
) -> None:
    """The one at work died a moment ago: the other takes over by itself."""
    before = await read(rig)
    async with Rig(tmp_path / "second", metrics_key=KEY) as other:
        await other.switch.close()
        other.switch = rig.switch
        await other.start_unready()
        await asyncio.sleep(1)
        await rig.kill()
        after = await read(other)
        assert value(after, "aeims_adapter_state", state="standby") == 1
        await other.until_ready(60)
        assert fires("AdapterNotReady", before, after, await read(other))
        await other.stop()


# -- CallsFail, CallsRefused, PhoneLinesFull


async def test_calls_fail_by_one_carrier_and_go_by_another_trunk(rig: Rig) -> None:
    before = await read(rig)
    rig.trunk_refuses(FIRST, 503)
    for _ in range(6):
        await rig.django.ending(await rig.originate())
    after = await read(rig)
    assert value(after, "aeims_calls_ended_total", why="customer_unreachable") == 6
    await rig.stop()
    rig.switch.trunk_list = TWO
    await rig.start()
    assert await rig.talks_on(await rig.joined())
    assert fires("CallsFail", before, after, await read(rig), rests=OF_HALF_AN_HOUR)


async def test_callers_are_refused_by_a_full_node_that_is_given_more_room(rig: Rig) -> None:
    await rig.stop()
    await rig.start(max_calls=1)
    before = await read(rig)
    await rig.joined()
    assert await rig.post("/call/originate", rig.plan()) == (503, {"ok": False, "error": "full"})
    after = await read(rig)
    assert value(after, "aeims_calls_refused_total", error="full") == 1
    [lines] = service_health._capacity(await health(rig))
    assert lines.name == "Phone lines"
    assert "1 of 1 calls" in lines.words
    await rig.stop()
    await rig.start(max_calls=10)
    assert await rig.talks_on(await rig.joined())
    cured = await read(rig)
    assert fires("CallsRefused", before, after, cured, rests=20)
    assert fires("PhoneLinesFull", before, after, cured)


async def test_callers_are_refused_who_come_too_fast_for_what_the_carrier_allows(rig: Rig) -> None:
    await rig.stop()
    await rig.start(calls_per_second=1)
    before = await read(rig)
    await rig.originate()
    assert await rig.post("/call/originate", rig.plan()) == (503, {"ok": False, "error": "too_fast"})
    after = await read(rig)
    assert value(after, "aeims_calls_refused_total", error="too_fast") == 1
    await rig.stop()
    await rig.start(calls_per_second=20)
    await rig.originate()
    await rig.originate()
    assert fires("CallsRefused", before, after, await read(rig), rests=20)


async def test_the_journal_is_broken_until_there_is_room_again(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The very first caller that is refused for it raises the alarm; it is well again with the next write, by itself."""
    before = await read(rig)
    running = await rig.joined()

    def full(fd: int, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", full)
        assert await rig.post("/call/originate", rig.plan()) == (503, {"ok": False, "error": "journal"})
        after = await read(rig)
        check = service_health._journal(await health(rig))
        assert not check.is_well
        assert "can't write to its disk" in check.words
        assert shutil.disk_usage(rig.directory).total, "which `df -h` tells of its volume"
        assert await rig.talks_on(running)
    await asyncio.sleep(5)
    cured = await read(rig)
    assert fires("JournalBroken", before, after, cured)
    assert fires("CallsRefused", before, after, cured, rests=20)
    await rig.joined()


async def test_lines_are_full_of_calls_that_do_not_end(rig: Rig) -> None:
    """Not a busy evening: one call that staff end on *Live calls*."""
    await rig.stop()
    await rig.start(max_calls=1)
    before = await read(rig)
    call_id = await rig.joined()
    after = await read(rig)
    assert (await rig.ask_hangup(call_id, "staff"))[0] == 202
    await rig.django.ending(call_id)
    assert fires("PhoneLinesFull", before, after, await read(rig))


# -- AnswerRateLow, CarrierSlow, SetupSlow


async def test_few_answer_calls_from_a_number_until_the_brand_has_another(rig: Rig) -> None:
    await calls(rig, 1, customer=BUSY)
    before = await read(rig)
    await calls(rig, 22, customer=NEVER_ANSWERS)
    after = await read(rig)
    assert value(after, "aeims_legs_dialed_total", leg="customer", caller_id=PLATFORM[-2:]) == 23
    new = PLATFORM[:-2] + "77"
    await calls(rig, 3, customer__caller_id=new, operator__caller_id=new)
    cured = await read(rig)
    assert value(cured, "aeims_legs_answered_total", leg="customer", caller_id="77") == 3
    assert fires("AnswerRateLow", before, after, cured, rests=OF_SIX_HOURS)


async def test_a_slow_carriers_calls_get_through_with_a_longer_limit(rig: Rig) -> None:
    """They do at once; the alarm rests when the carrier is quick again."""
    late = {"customer": phone(0, ring=7), "customer__confirm": False}
    rig.switch.carrier_waits = 5.5
    assert (await rig.django.ending(await rig.originate(**late))).metadata["why"] == "carrier_fault"
    await rig.stop()
    await rig.start(ringing_within_seconds=8)
    before = await read(rig)
    for _ in range(6):
        await rig.django.wait(await rig.originate(**late), "started")
    after = await read(rig)
    assert value(after, "aeims_leg_ringing_seconds_count", leg="customer") == 6
    rig.switch.carrier_waits = 0.5
    await calls(rig, 1)
    assert fires("CarrierSlow", before, after, await read(rig), rests=OF_HALF_AN_HOUR)


async def test_calls_are_joined_late_by_operators_who_pick_up_late(rig: Rig) -> None:
    """A shorter ring turns those calls into ones that nobody answers, and operators learn to pick up."""
    before = await read(rig)
    slow = {"customer": phone(1, ring=28), "operator": phone(1, ring=24)}
    for _ in range(6):
        call_id = await rig.originate(**slow, customer__ring_seconds=30, operator__ring_seconds=30)
        await rig.django.wait(call_id, "started")
        await rig.hang_up(call_id, Leg.CUSTOMER)
        await rig.django.ending(call_id)
    after = await read(rig)
    assert value(after, "aeims_leg_ringing_seconds_sum", leg="operator") < 6, (
        "the carrier is quick: people are not"
    )
    call_id = await rig.originate(**slow, customer__ring_seconds=30, operator__ring_seconds=10)
    assert (await rig.django.ending(call_id)).metadata["why"] == "operator_no_answer"
    await calls(rig, 2, customer=ANSWERS, operator=BUSY)
    cured = await read(rig)
    assert value(cured, "aeims_call_setup_seconds_count") == value(after, "aeims_call_setup_seconds_count")
    assert fires("SetupSlow", before, after, cured, rests=OF_AN_HOUR)


# -- SoundLost, ClocksApart


async def test_the_sound_of_all_calls_is_lost_and_the_alarm_stays_a_quarter_of_an_hour(rig: Rig) -> None:
    before = as_web_tells(*service_health._sound(await health(rig)))
    call_ids = await talking(rig, 3)
    for call_id in call_ids:
        await rig.fall_silent(call_id, Leg.CUSTOMER)
    assert {ending.metadata["why"] for ending in await endings(rig, call_ids)} == {"node_silent"}
    [check] = service_health._sound(await health(rig))
    assert "RTP ports" in check.words
    after = as_web_tells(check)
    await asyncio.sleep(901)  # the network is mended meanwhile
    assert await rig.talks_on((await talking(rig, 1))[0])
    cured = as_web_tells(*service_health._sound(await health(rig)))
    assert fires("SoundLost", before, after, cured)


async def test_clocks_differ_until_time_is_set_again(rig: Rig) -> None:
    before = await read(rig)
    rig.switch_step = 20.0
    await calls(rig, 1)
    after = await read(rig)
    check = service_health._clocks(await health(rig))
    assert "Asterisk is 20 s ahead" in check.words
    rig.switch_step = 0.0
    await calls(rig, 1)
    assert service_health._clocks(await health(rig)).is_well
    assert fires("ClocksApart", before, after, await read(rig))


# -- EventsStuck, EventsRefused


@pytest.mark.parametrize("between", ["web is down", "the keys differ"])
async def test_events_are_stuck_until_what_is_between_is_mended(
    rig: Rig, between: str, caplog: pytest.LogCaptureFixture
) -> None:
    before = await read(rig)
    call_id = await rig.joined()
    if between == "web is down":
        await rig.django.stop()
    else:
        rig.django.keys = ["another key"]
    await rig.hang_up(call_id, Leg.CUSTOMER)
    await asyncio.sleep(30)
    after = await read(rig)
    assert value(after, "aeims_adapter_undelivered_events") > 0
    if between == "web is down":
        await rig.django.start(rig.django.port)
    else:
        assert f"of {call_id}: answer 401" in caplog.text
        rig.django.keys = [DJANGO_KEY]
    assert (await rig.django.ending(call_id)).metadata["why"] == "hangup"
    await asyncio.sleep(1)
    assert fires("EventsStuck", before, after, await read(rig), lasts=10)


async def test_a_refused_event_is_named_and_the_alarm_rests_a_day_later(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    before = await read(rig)
    rig.django.answers = lambda event: (404, {"ok": False, "error": "unknown call_id"})
    call_id = await rig.originate(customer=BUSY)
    await asyncio.sleep(60)
    after = await read(rig)
    assert f"of {call_id} refused for good: 404 unknown call_id" in caplog.text
    rig.django.answers = rig.django.answer
    await calls(rig, 1)
    assert fires("EventsRefused", before, after, await read(rig), rests=OF_A_DAY)


# -- GrantsLate, CallsCutOff


async def test_grants_are_late_until_web_answers_and_calls_that_ended_for_it_are_named(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    before = await read(rig)
    rig.django.answers = lambda event: None if event.state == "progress" else rig.django.answer(event)
    call_id = await rig.joined()
    assert (await rig.django.ending(call_id)).metadata["why"] == "not_renewed"
    after = await read(rig)
    assert value(after, "aeims_calls_ended_total", why="not_renewed") == 1
    assert f"{call_id} over: not_renewed" in caplog.text
    rig.django.answers = rig.django.answer
    rig.django.grant = (240, True)
    await asyncio.sleep(60)
    call_id = await rig.joined()
    await asyncio.sleep(200)
    assert await rig.talks_on(call_id)
    cured = await read(rig)
    assert fires("GrantsLate", before, after, cured, rests=20)
    assert fires("CallsCutOff", before, after, cured, rests=OF_HALF_AN_HOUR)
