"""A code spoken by the real Asterisk to a real (if small) phone, which is then hung up."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.adapter.rig import PLATFORM, phone
from tests.asterisk.adapter_rig import AsteriskRig
from tests.lab.asterisk import Asterisk
from tests.lab.carrier import Carrier

pytestmark = [pytest.mark.asyncio, pytest.mark.asterisk]
ID = "verify_1750000000_00c0de"
NUMBER = phone(0) + "7"


@pytest_asyncio.fixture
async def world(tmp_path: Path, asterisk: Asterisk, carrier: Carrier) -> AsyncIterator[AsteriskRig]:
    async with AsteriskRig(tmp_path, asterisk, carrier) as rig:
        await rig.start()
        yield rig


async def test_the_phone_hears_a_voice_and_is_hung_up(world: AsteriskRig) -> None:
    asked = {
        "verification_id": ID,
        "number": NUMBER,
        "caller_id": PLATFORM,
        "sounds": ["common/your-code-is", "numbers/4", "numbers/2", "common/goodbye"],
        "not_after": world.wall() + 10,
    }
    assert (await world.post("/verification", asked))[0] == 202
    rung = await world.carrier.wait_call(NUMBER)
    await rung.hears(lambda heard: heard.level > 300 and not heard.tones, timeout=6)
    async with asyncio.timeout(15):
        while ID in (await world.switch.survey()).channels:
            await asyncio.sleep(0.1)
    assert rung.caller == PLATFORM
    assert world.django.events == []
    assert (await world.get(f"/verification/{ID}"))[1] == {"ok": True, "state": "spoken", "cause": None}
    assert (await world.get("/health"))[1]["rtp_ports"] == 1000, "what `manage.py doctor` compares"
