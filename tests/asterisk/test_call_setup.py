"""What phones hear before both are joined, when they are said to ring, and who ended it: on the real Asterisk."""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from telephony.prompts import customer_prompts
from telephony.states import Leg
from tests.adapter.contract_steps import ANSWERED, DIALLED, JOINED, second_ringing
from tests.adapter.heard import BRAND, NAME, PROMPTS, heard, is_private
from tests.adapter.rig import ACCEPTS, phone
from tests.asterisk.adapter_rig import AsteriskRig
from tests.lab.audio import WARNING, Heard
from tests.lab.carrier import Carrier
from tests.lab.numbers import parse_number
from tests.operators.recordings import phone_tone

pytestmark = [pytest.mark.asyncio, pytest.mark.asterisk]
_serial = itertools.count(10)


async def originate(
    world: AsteriskRig, *, customer: str = ACCEPTS, operator: str = ACCEPTS, **plan: Any
) -> str:
    """A call between phones of their own, however many ring at once."""
    serial = f"{next(_serial) % 100:02d}"
    return await world.originate(customer=customer + serial, operator=operator + serial, **plan)


def is_tone(heard: Heard) -> bool:
    """Whether it is the tone of a warning and nothing else; no speech is as loud and as pure, unless half of it is late."""
    return heard.tones == (WARNING,) and heard.level > 6500 and heard.packets >= 13  # of 15 in 0.3 s


def stranger_presses(keys: str) -> Callable[[AsteriskRig, str, Leg], Awaitable[None]]:
    async def press(world: AsteriskRig, call_id: str, leg: Leg) -> None:
        await world.press(call_id, leg, keys)

    return press


async def stranger_hangs_up(world: AsteriskRig, call_id: str, leg: Leg) -> None:
    await asyncio.sleep(4)
    await world.hang_up(call_id, leg)


async def nobody_acts(_: AsteriskRig, __: str, ___: Leg) -> None:
    """A voicemail, or an agent that answers for its owner, talks, and records."""


UNCONFIRMED = {
    "a voicemail": (phone(5), nobody_acts),
    "a screening agent that picks up at once": (phone(0, ring=0), nobody_acts),
    "a stranger who hangs up": (phone(0), stranger_hangs_up),
    "a stranger who presses something": (phone(0), stranger_presses("55")),
    "a stranger who presses 9": (phone(0), stranger_presses("9")),
}


async def test_whoever_has_not_pressed_1_is_played_no_brand_no_name_and_no_price(world: AsteriskRig) -> None:
    """On both legs, by what the switch was told to play and by what the phones heard: what is told after a 1 begins
    with a tone here.
    """
    toned = {key: {**prompts, after: ["common/warning-15", *prompts[after]]} for key, prompts, after in (
        ("customer__prompts", PROMPTS["customer__prompts"], "connecting"),
        ("operator__prompts", PROMPTS["operator__prompts"], "offer"),
    )}  # fmt: skip

    async def one(number: str, act: Callable[[AsteriskRig, str, Leg], Awaitable[None]], leg: Leg) -> str:
        plan = toned if leg is Leg.CUSTOMER else toned | {"customer__prompts": {}}
        phones = {"customer": ACCEPTS, "operator": ACCEPTS, str(leg): number}
        call_id = await originate(world, **phones, **plan)
        async with asyncio.timeout(30):
            while leg not in {event.metadata["leg"] for event in world.django.of(call_id, ANSWERED)}:
                await asyncio.sleep(0.05)
        acting = asyncio.create_task(act(world, call_id, leg))
        listener = world.phone(call_id, leg)
        while not listener.ended.is_set():
            assert not is_tone(listener.heard(0.3)), (number, leg)
            await asyncio.sleep(0.1)
        await acting
        return call_id

    stories = [(*story, leg) for story in UNCONFIRMED.values() for leg in Leg]
    calls = await asyncio.gather(*(one(*story) for story in stories))
    for call_id, (_, _, leg) in zip(calls, stories, strict=True):
        assert (await world.django.ending(call_id, 30)).state in ("no_answer", "busy", "ended")
        sentences = heard(world, call_id, leg)
        assert sentences
        assert not [text for text in sentences if is_private(text)]

    confirmed = await originate(world, operator=phone(1, ring=3), **toned)
    await second_ringing(world, confirmed)
    await world.phone(confirmed, Leg.CUSTOMER).hears(is_tone, timeout=4)
    await world.django.wait(confirmed, JOINED)
    await world.ask_hangup(confirmed, "customer")
    await world.django.ending(confirmed)


async def test_a_fetched_greeting_is_heard_before_the_connection_and_a_missing_one_delays_nothing(
    world: AsteriskRig,
) -> None:
    here, missing = "a" * 32, "b" * 32
    folder = world.node.directory / "data/sounds/en/aeims/content"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{here}.wav").write_bytes(phone_tone(2, WARNING))  # as the adapter puts it there

    async def one(greeting: str) -> tuple[str, float]:
        told = customer_prompts(BRAND, NAME, 4, {}, greeting=greeting)["connecting"]
        call_id = await originate(
            world,
            operator=phone(1, ring=9),
            customer__prompts=PROMPTS["customer__prompts"] | {"connecting": told[3:]},
        )
        await second_ringing(world, call_id)
        answered, ringing = world.django.of(call_id, ANSWERED)[0], world.django.of(call_id, "ringing")[1]
        return call_id, ringing.ts - answered.ts

    (with_it, first), (without, second) = await asyncio.gather(one(here), one(missing))
    assert abs(first - second) < 1
    await world.phone(with_it, Leg.CUSTOMER).hears(is_tone, timeout=8)
    for call_id in (with_it, without):
        await world.ask_hangup(call_id, "customer")
        await world.django.ending(call_id)
    played = {
        call_id: [what for channel, what in world.played if channel == f"{call_id}-cust"]
        for call_id in (with_it, without)
    }
    assert played[with_it][-2:] == [f"sound:aeims/content/{here}", "sound:aeims/common/connecting"]
    assert f"sound:aeims/content/{missing}" not in played[without]
    assert played[without][-1] == "sound:aeims/common/connecting"


@pytest.mark.parametrize("leg", [Leg.CUSTOMER, Leg.OPERATOR])
async def test_a_carrier_without_a_word_is_at_fault_and_nothing_is_said_to_ring(
    world: AsteriskRig, carrier: Carrier, leg: Leg
) -> None:
    mute = phone(0, ring=9)
    carrier.behaviour = lambda number: replace(parse_number(number), is_mute=mute.lstrip("+") in number)
    began = time.monotonic()
    call_id = await world.originate(**{"customer": ACCEPTS, "operator": ACCEPTS, str(leg): mute})
    ending = await world.django.ending(call_id, 20)
    assert (ending.state, ending.metadata["why"], ending.metadata["leg"]) == ("failed", "carrier_fault", leg)
    assert time.monotonic() - began < (6.5 if leg is Leg.CUSTOMER else 12)
    assert leg not in {event.metadata["leg"] for event in world.django.of(call_id, DIALLED)}
    assert await world.is_gone(call_id, 10)


@pytest.mark.parametrize("kind", [1, 4], ids=["180", "183"])
async def test_a_phone_rings_when_its_carrier_says_so(world: AsteriskRig, kind: int) -> None:
    call_id = await world.originate(customer=phone(kind, ring=3), customer__confirm=False)
    ringing = await world.django.wait(call_id, DIALLED)
    answered = await world.django.wait(call_id, ANSWERED)
    assert 2.5 < answered.ts - ringing.ts < 4
    await world.ask_hangup(call_id, "customer")
    await world.django.ending(call_id)


async def test_a_hang_up_after_the_last_key_is_never_our_failure(world: AsteriskRig) -> None:
    """Both keys and the BYE at once: the leg goes at any moment of the joining."""

    async def one(leg: Leg, pause: float) -> tuple[str, str]:
        call_id = await originate(
            world, customer=phone(1, ring=0), operator=phone(0, ring=0), customer__prompts={},
            operator__prompts={"offer": []},
        )  # fmt: skip
        operator = await world.rung(call_id, Leg.OPERATOR)
        await operator.answered.wait()
        await asyncio.sleep(0.5)
        operator.press("11")
        while len(operator.media.pressed) < 2:
            await asyncio.sleep(0.001)
        await asyncio.sleep(pause)
        await world.hang_up(call_id, leg)
        ending = await world.django.ending(call_id, 30)
        return ending.state, ending.metadata["ended_by"]

    async def some(leg: Leg, steps: range) -> None:
        for step in steps:
            state, ended_by = await one(leg, step / 250)
            assert (state == "failed", ended_by) == (False, leg), (leg, step)

    await asyncio.gather(*(some(leg, range(first, 10, 2)) for leg in Leg for first in range(2)))
