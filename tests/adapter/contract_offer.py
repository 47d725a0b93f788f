"""Add funds by a key in mid-call: what every switch must do with it."""

import asyncio

import pytest

from telephony.states import Leg
from telephony.wire import CallEvent
from tests.adapter.django import Answer
from tests.adapter.rig import Rig

OFFER = ["common/press-5-to-add", "numbers/20", "common/dollars"]
SAID = "common/connecting"
WARN_AT, GRANTED = 12, 15


def offers(world: Rig) -> None:
    """Let Django offer funds with each warning, and thank for the key."""

    def answer(event: CallEvent) -> Answer:
        status, body = world.django.answer(event)
        if event.metadata.get("may_offer"):
            body["add_funds"] = OFFER
        if event.state == "add_funds":
            body["say"] = [SAID]
        return status, body

    world.django.answers = answer


async def warned(world: Rig, *, offered: bool = True) -> str:
    """A call whose customer is warned, and hears the end of the offer."""
    call_id = await world.joined(granted_seconds=GRANTED, final=True, warn_at_seconds=[WARN_AT])
    await heard(world, "sound:aeims/common/dollars" if offered else "tone:1000")
    return call_id


async def heard(world: Rig, media: str) -> None:
    """Return once this was played to somebody."""
    async with asyncio.timeout(10):
        while not any(media in played for _, played in world.switch.played):
            await asyncio.sleep(0.05)


class OfferContract:
    """Part of the contract; subclasses bring the fixture `world`."""

    async def test_the_key_is_told_once_and_only_its_customer_hears_of_it(self, world: Rig) -> None:
        offers(world)
        call_id = await warned(world)
        await world.press(call_id, Leg.CUSTOMER, "5")
        told = await world.django.wait(call_id, "add_funds", 10)
        assert told.metadata.keys() == {"node"}
        await heard(world, SAID)
        assert await world.extend(call_id, 60, final=True) == (
            200, {"ok": True, "granted_seconds": 60, "final": True}
        )  # fmt: skip
        await asyncio.sleep(5)  # until what was said is over
        assert await world.keys_heard(call_id, Leg.OPERATOR) == ""
        await world.press(call_id, Leg.CUSTOMER, "5")
        await asyncio.sleep(1)
        assert await world.keys_heard(call_id, Leg.OPERATOR) == "5", (
            "a key like any other once nothing is offered"
        )
        await world.hang_up(call_id, Leg.CUSTOMER)
        await world.django.ending(call_id)
        assert len(world.django.of(call_id, "add_funds")) == 1
        assert {leg for leg, media in world.switch.played if "dollars" in media or SAID in media}.isdisjoint(
            {f"{call_id}-op"}
        )

    async def test_other_keys_and_the_operators_add_nothing(self, world: Rig) -> None:
        offers(world)
        call_id = await warned(world)
        await world.press(call_id, Leg.OPERATOR, "5")
        await world.press(call_id, Leg.CUSTOMER, "4")
        ending = await world.django.ending(call_id)
        assert ending.metadata["why"] == "credit_exhausted"
        assert not world.django.of(call_id, "add_funds")
        assert await world.keys_heard(call_id, Leg.OPERATOR) == ""

    @pytest.mark.parametrize("words", [[], ["common/no-such-words", "numbers/20"]])
    async def test_without_an_offer_in_full_it_is_the_usual_warning(
        self, world: Rig, words: list[str]
    ) -> None:
        def answer(event: CallEvent) -> Answer:
            status, body = world.django.answer(event)
            return status, body | ({"add_funds": words} if words else {})

        world.django.answers = answer
        if words:
            world.lack_sound("aeims/common/no-such-words")
        call_id = await warned(world, offered=False)
        await asyncio.sleep(1.5)
        await world.press(call_id, Leg.CUSTOMER, "5")
        await asyncio.sleep(1)
        await world.hang_up(call_id, Leg.CUSTOMER)
        await world.django.ending(call_id)
        assert not world.django.of(call_id, "add_funds")
        assert not [media for _, media in world.switch.played if "numbers/20" in media]
