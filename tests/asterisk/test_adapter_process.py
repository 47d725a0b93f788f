"""The adapter as a process on the real Asterisk: killed, stopped, paused, superseded."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from telephony.management.commands.run_asterisk_adapter import REPLACED_EXIT_CODE
from telephony.states import Leg
from tests.adapter.contract_steps import ENDED, assert_span_is_the_record
from tests.adapter.django import KEY
from tests.adapter.rig import phone
from tests.asterisk.adapter_rig import APP, AsteriskRig
from tests.lab.asterisk import ARI_PASSWORD, ARI_USER, Asterisk
from tests.lab.carrier import Carrier
from tests.lab.leaks import mentions
from tests.lab.ports import free_ports

pytestmark = [pytest.mark.asyncio, pytest.mark.asterisk]

MANAGE = Path(__file__).resolve().parents[2] / "manage.py"


class ProcessRig(AsteriskRig):
    """The adapter is a process of its own: `manage.py run_asterisk_adapter`."""

    def __init__(self, directory: Path, node: Asterisk, carrier: Carrier) -> None:
        super().__init__(directory, node, carrier)
        self.process: Process | None = None
        self._port = free_ports().http

    @property
    def port(self) -> int:
        return self._port

    async def start_unready(self, **changes: Any) -> None:
        self.process = await self.spawn(self._port, "journal")

    async def spawn(self, port: int, journal: str) -> Process:
        settings = {
            "AEIMS_API_KEY": KEY,
            "ADAPTER_LISTEN": f"127.0.0.1:{port}",
            "ADAPTER_JOURNAL": str(self.directory / journal),
            "AEIMS_WEBHOOK_URL": self.django.url,
            "ASTERISK_ARI_URL": self.node.ari_url,
            "ASTERISK_ARI_USER": ARI_USER,
            "ASTERISK_ARI_PASSWORD": ARI_PASSWORD,
            "ASTERISK_ARI_APP": APP,
            "ASTERISK_CEL_FILE": str(self.cel),
            "TELEPHONY_LAB_PREFIXES": "+1999",
        }
        with (self.directory / "adapter.log").open("ab") as log:
            return await asyncio.create_subprocess_exec(
                sys.executable, str(MANAGE), "run_asterisk_adapter", env=os.environ | settings, stderr=log
            )

    async def until_ready(self, seconds: float = 30) -> None:
        async with asyncio.timeout(seconds):
            while True:
                try:
                    if (await self.get("/health"))[0] == 200:
                        return
                except aiohttp.ClientConnectionError:
                    pass
                await asyncio.sleep(0.1)

    def signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    async def kill(self) -> None:
        assert self.process is not None
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()

    async def stop(self) -> None:
        assert self.process is not None
        self.process.terminate()
        async with asyncio.timeout(10):
            assert await self.process.wait() == 0


@pytest_asyncio.fixture
async def world(tmp_path: Path, asterisk: Asterisk, carrier: Carrier) -> AsyncIterator[ProcessRig]:
    async with ProcessRig(tmp_path, asterisk, carrier) as rig:
        await rig.start()
        yield rig
        await rig.kill()
        assert "Traceback" not in (tmp_path / "adapter.log").read_text()


async def test_killed_and_started_again_in_mid_call(world: ProcessRig) -> None:
    call_id = await world.joined()
    await world.kill()
    await world.start()
    seen = (await world.get(f"/call/{call_id}"))[1]
    assert seen["state"] == "joined"
    assert seen["elapsed_ms"] == pytest.approx((world.wall() - seen["joined_at"]) * 1000, abs=2000)
    await world.hang_up(call_id, Leg.CUSTOMER)
    ending = await world.django.ending(call_id)
    assert (ending.metadata["why"], ending.metadata["ended_by"]) == ("hangup", "customer")
    assert_span_is_the_record(world, call_id)


async def test_stopped_in_order_the_call_lives_on(world: ProcessRig) -> None:
    call_id = await world.joined()
    await world.stop()
    phones = [world.phone(call_id, leg) for leg in Leg]
    assert all(phone.state == "answered" for phone in phones)
    await world.start()
    await world.ask_hangup(call_id, "operator")
    ending = await world.django.ending(call_id)
    assert (ending.metadata["why"], ending.metadata["ended_by"]) == ("hangup", "operator")
    assert_span_is_the_record(world, call_id)


async def test_paused_while_a_party_hangs_up_and_resumed(world: ProcessRig) -> None:
    call_id = await world.joined(granted_seconds=6, final=True)
    await asyncio.sleep(1)
    world.signal(signal.SIGSTOP)
    await asyncio.sleep(1)
    await world.hang_up(call_id, Leg.OPERATOR)
    await asyncio.sleep(8)
    world.signal(signal.SIGCONT)
    ending = await world.django.ending(call_id)
    assert (ending.metadata["why"], ending.metadata["ended_by"]) == ("hangup", "operator")
    assert "clock_difference_ms" not in ending.metadata
    assert_span_is_the_record(world, call_id)


async def test_paused_beyond_the_end_of_the_credit_the_switch_ends_the_call(world: ProcessRig) -> None:
    call_id = await world.joined(granted_seconds=4, final=True)
    world.signal(signal.SIGSTOP)
    async with asyncio.timeout(9):
        await asyncio.gather(*(world.phone(call_id, leg).ended.wait() for leg in Leg))
    await asyncio.sleep(1)
    world.signal(signal.SIGCONT)
    ending = await world.django.ending(call_id)
    assert ending.metadata["why"] == "safety_limit"
    assert len(world.django.of(call_id, ENDED)) == 1
    assert_span_is_the_record(world, call_id)


async def test_paused_superseded_and_resumed_it_does_no_harm(world: ProcessRig) -> None:
    left = await world.joined(granted_seconds=60, final=True)
    world.signal(signal.SIGSTOP)
    first, first_port, world._port = world.process, world.port, free_ports().http
    assert first is not None
    second = await world.spawn(world.port, "another journal")
    try:
        await world.until_ready(40)
        assert await world.talks_on(left), "another adapter's call is not the newcomer's to end"
        assert (await world.get(f"/call/{left}"))[1]["state"] == "joined"
        call_id = await world.joined(customer=phone(0, ring=0, talk=99), operator=phone(0, ring=0, talk=99))
        first.send_signal(signal.SIGCONT)
        async with asyncio.timeout(10):
            assert await first.wait() == REPLACED_EXIT_CODE
        again = await world.spawn(first_port, "journal")  # as its supervisor does
        try:
            await world.hang_up(left, Leg.CUSTOMER)
            ending = await world.django.ending(left, 20)
            assert (ending.metadata["why"], ending.metadata["ended_by"]) == ("hangup", "customer")
            assert_span_is_the_record(world, left)
            assert (await world.get(f"/call/{call_id}"))[1]["state"] == "joined"
            await world.ask_hangup(call_id, "customer")
            await world.django.ending(call_id)
        finally:
            again.kill()
            await again.wait()
    finally:
        second.kill()
        await second.wait()


async def test_no_log_line_holds_a_number(world: ProcessRig) -> None:
    for operator in (phone(1), phone(6), phone(9)):
        call_id = await world.originate(operator=operator, customer__ring_seconds=5)
        if operator == phone(1):
            await world.django.wait(call_id, "started")
            await world.ask_hangup(call_id, "staff", "staff_ended")
        await world.django.ending(call_id)
    await world.stop()
    seen = (world.directory / "adapter.log").read_text() + (
        world.directory / "journal/adapter.journal"
    ).read_text()
    seen += b"\n".join(world.django.bodies).decode()
    assert "over: " in seen
    assert not [number for number in world.numbers.values() if mentions(seen, number)]
    assert not mentions(seen, "+18005550100")
