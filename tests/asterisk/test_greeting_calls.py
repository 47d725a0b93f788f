"""A greeting recorded by the real Asterisk from a real (if small) phone: what it said is what web gets, and nothing is left."""

import asyncio
import wave
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path

import pytest
import pytest_asyncio

from telephony.prompts import greeting_prompts
from telephony.states import GreetingCallState
from tests.adapter.rig import PLATFORM, phone
from tests.asterisk.adapter_rig import AsteriskRig
from tests.lab.asterisk import Asterisk
from tests.lab.audio import FRAME, WARNING, Heard, analyse, compress, tone_of
from tests.lab.carrier import Carrier
from tests.operators.recordings import samples_of

pytestmark = [pytest.mark.asyncio, pytest.mark.asterisk]
NUMBER = phone(0, ring=0) + "7"
VOICE = tone_of(NUMBER)


@pytest_asyncio.fixture
async def world(tmp_path: Path, asterisk: Asterisk, carrier: Carrier) -> AsyncIterator[AsteriskRig]:
    async with AsteriskRig(tmp_path, asterisk, carrier) as rig:
        await rig.start()
        yield rig


def in_sound(sound: bytes) -> Heard:
    """The tones in the middle of a recording."""
    with wave.open(BytesIO(sound)) as file:
        assert (file.getnchannels(), file.getframerate(), file.getsampwidth()) == (1, 8000, 2)
    codes = bytes(compress(sample) for sample in samples_of(sound)[4000:8000])
    return analyse(codes[at : at + FRAME] for at in range(0, len(codes), FRAME))


async def test_a_phone_records_hears_itself_and_keeps_it(world: AsteriskRig) -> None:
    asked = {
        "greeting_id": "greeting_1750000000_00c0de",
        "number": NUMBER,
        "caller_id": PLATFORM,
        # The first words are known from `test_verification`: the test is over sooner with none.
        "prompts": greeting_prompts() | {"ask": [], "review": []},
        "not_after": world.wall() + 10,
    }
    assert (await world.post("/greeting", asked))[0] == 202
    rung = await world.carrier.wait_call(NUMBER)
    await rung.hears(lambda heard: WARNING in heard.tones)
    await rung.hears(lambda heard: not heard.tones)
    await asyncio.sleep(1.6)  # what it says meanwhile is what is compared
    rung.press("#")
    await rung.hears(lambda heard: heard.tones == (VOICE,))  # itself
    assert [event.state for event in world.django.greetings] == ["recording", "reviewing"]
    rung.press("1")
    end = await world.django.greeting_end(20)
    assert end.state is GreetingCallState.KEPT
    assert in_sound(end.sound).tones == (VOICE,)
    assert rung.caller == PLATFORM
    assert await world.switch.recordings() == []
    assert not any(file.is_file() for file in (world.node.directory / "state/spool").rglob("*"))
