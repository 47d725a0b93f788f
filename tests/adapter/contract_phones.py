"""An operator with several phones: what every switch must do with them."""

import asyncio
from typing import Any

from telephony.states import Leg
from tests.adapter.contract_steps import (
    ANSWERED,
    DIALLED,
    ENDED,
    JOINED,
    NO_SOUNDS,
    assert_span_is_the_record,
)
from tests.adapter.rig import ACCEPTS, Rig, phone

NEVER_ANSWERS, VOICEMAIL = phone(8), phone(5)
RING_SECONDS, NEXT_AFTER_SECONDS = 20, 5
OTHER_DIGITS = "345"  # end the numbers of the phones behind the first


async def rings_in_turn(world: Rig, first: str, *others: str, **changes: Any) -> str:
    """A call to an operator with these phones in this order; returns its id."""
    numbers = [number + digit for number, digit in zip(others, OTHER_DIGITS, strict=False)]
    plan = {
        "operator__next_numbers": numbers,
        "operator__next_after_seconds": NEXT_AFTER_SECONDS,
        "operator__ring_seconds": RING_SECONDS,
        "operator__phones": [f"phone_{n}" for n in range(1, len(numbers) + 2)],
        "operator__prompts": NO_SOUNDS,
        "customer": phone(0, ring=0),
        "customer__confirm": False,
        "customer__prompts": NO_SOUNDS,
    }
    return await world.originate(operator=first, **(plan | changes))


async def phone_rings(world: Rig, call_id: str, which: int) -> None:
    """Wait until so many of the operator's phones have rung."""
    async with asyncio.timeout(60):
        while len(told(world, call_id, DIALLED)) < which:
            await asyncio.sleep(0.05)


def told(world: Rig, call_id: str, state: str) -> list[str]:
    """The operator's part of what Django was told in this state."""
    events = world.django.of(call_id, state)
    return [event.event_id for event in events if event.metadata.get("leg") == Leg.OPERATOR]


class PhonesContract:
    """Part of the contract; subclasses bring the fixture `world`."""

    async def test_the_next_phone_is_joined_where_the_first_is_not_answered(self, world: Rig) -> None:
        call_id = await rings_in_turn(world, NEVER_ANSWERS, ACCEPTS)
        await world.django.wait(call_id, JOINED)
        assert (len(told(world, call_id, DIALLED)), len(told(world, call_id, ANSWERED))) == (2, 1)
        await asyncio.sleep(1)
        await world.hang_up(call_id, Leg.CUSTOMER)
        ending = await world.django.ending(call_id)
        assert (ending.state, ending.metadata["ended_by"]) == (ENDED, "customer")
        assert await world.is_gone(call_id)
        assert_span_is_the_record(world, call_id)

    async def test_a_voicemail_on_the_first_does_not_keep_the_next_from_ringing(self, world: Rig) -> None:
        call_id = await rings_in_turn(world, VOICEMAIL, ACCEPTS)
        await world.django.wait(call_id, JOINED)
        assert (len(told(world, call_id, DIALLED)), len(told(world, call_id, ANSWERED))) == (2, 2)
        await world.ask_hangup(call_id, "operator")
        ending = await world.django.ending(call_id)
        assert (ending.metadata["why"], ending.metadata["ended_by"]) == ("hangup", "operator")
        assert await world.is_gone(call_id)
        assert_span_is_the_record(world, call_id)

    async def test_the_customer_hangs_up_while_the_second_phone_rings(self, world: Rig) -> None:
        call_id = await rings_in_turn(world, NEVER_ANSWERS, NEVER_ANSWERS)
        await phone_rings(world, call_id, 2)
        await world.hang_up(call_id, Leg.CUSTOMER)
        ending = await world.django.ending(call_id)
        assert (ending.state, ending.metadata["why"]) == (ENDED, "customer_cancelled")
        assert await world.is_gone(call_id)
