"""The part of the contract until both are joined: who is reached, what they press."""

import asyncio

import pytest

from telephony.states import Leg
from tests.adapter.contract_steps import (
    ENDED,
    JOINED,
    NO_SOUNDS,
    first_answered,
    second_answered,
    second_ringing,
)
from tests.adapter.rig import ACCEPTS, Rig, phone

# customer's phone, operator's phone, how it ends: state, why, by whom, which leg
UNJOINED = {
    "operator busy": (ACCEPTS, phone(6), "busy", "operator_busy", "operator", "operator"),
    "operator declines": (ACCEPTS, phone(7), "busy", "operator_declined", "operator", "operator"),
    "operator does not answer": (ACCEPTS, phone(8), "no_answer", "operator_no_answer", "operator", "operator"),
    "operator unreachable": (ACCEPTS, phone(9), "failed", "operator_unreachable", "network", "operator"),
    "operator's voicemail": (ACCEPTS, phone(5), "no_answer", "operator_no_key", "operator", "operator"),
    "operator presses 9": (ACCEPTS, phone(3), "no_answer", "operator_do_not_call", "operator", "operator"),
    "operator hangs up while asked": (
        ACCEPTS, phone(5, talk=1), "busy", "operator_declined", "operator", "operator",
    ),
    "customer busy": (phone(6), ACCEPTS, "busy", "customer_busy", "customer", "customer"),
    "customer declines": (phone(7), ACCEPTS, "busy", "customer_declined", "customer", "customer"),
    "customer does not answer": (phone(8), ACCEPTS, "no_answer", "customer_no_answer", "customer", "customer"),
    "customer unreachable": (phone(9), ACCEPTS, "failed", "customer_unreachable", "network", "customer"),
    "customer's voicemail": (phone(5), ACCEPTS, "no_answer", "customer_no_key", "customer", "customer"),
    "customer presses 9": (phone(3), ACCEPTS, "no_answer", "customer_do_not_call", "customer", "customer"),
    "customer hangs up while asked": (
        phone(5, talk=1), ACCEPTS, "ended", "customer_cancelled", "customer", "customer",
    ),
    "customer hangs up while the operator rings": (
        phone(1, talk=4), phone(1, ring=9), "ended", "customer_cancelled", "customer", "customer",
    ),
}  # fmt: skip


class ScreeningContract:
    """Calls that ring and are asked."""

    @pytest.mark.parametrize("story", UNJOINED)
    async def test_nobody_is_joined(self, world: Rig, story: str) -> None:
        customer, operator, state, why, ended_by, leg = UNJOINED[story]
        call_id = await world.originate(
            customer=customer,
            operator=operator,
            customer__ring_seconds=5,
            operator__ring_seconds=5 if operator == phone(8) else 20,
            customer__prompts=NO_SOUNDS,
            operator__prompts=NO_SOUNDS,
        )
        ending = await world.django.ending(call_id)
        assert (ending.state, ending.metadata["why"]) == (state, why)
        assert (ending.metadata["ended_by"], ending.metadata["leg"]) == (ended_by, leg)
        assert "joined_at" not in ending.metadata
        assert not world.django.of(call_id, JOINED)
        assert await world.is_gone(call_id)

    async def test_cancelled_from_the_page_while_the_operator_rings(self, world: Rig) -> None:
        call_id = await world.originate(operator=phone(8))
        await second_ringing(world, call_id)
        await world.ask_hangup(call_id, "customer")
        ending = await world.django.ending(call_id)
        assert (ending.state, ending.metadata["why"]) == (ENDED, "customer_cancelled")
        assert await world.is_gone(call_id)

    async def test_an_accept_on_the_page_stands_for_the_second_1(self, world: Rig) -> None:
        call_id = await world.originate(operator=phone(0))
        await asyncio.sleep(0)
        assert (await world.post(f"/call/{call_id}/accept", {}))[0] == 409
        await second_ringing(world, call_id)
        assert (await world.post(f"/call/{call_id}/accept", {}))[0] == 202, "it may come before the answer"
        await second_answered(world, call_id)
        await world.press(call_id, Leg.OPERATOR, "1")
        await world.django.wait(call_id, JOINED)
        assert (await world.post(f"/call/{call_id}/accept", {}))[0] == 409
        await world.hang_up(call_id, Leg.OPERATOR)
        await world.django.ending(call_id)

    async def test_an_accept_on_the_page_never_joins_a_voicemail(self, world: Rig) -> None:
        call_id = await world.originate(operator=phone(5), operator__prompts={"offer": []})
        await second_answered(world, call_id)
        assert (await world.post(f"/call/{call_id}/accept", {}))[0] == 202
        ending = await world.django.ending(call_id)
        assert (ending.state, ending.metadata["why"]) == ("no_answer", "operator_no_key")
        assert not world.django.of(call_id, JOINED)

    async def test_the_operator_declines_by_2(self, world: Rig) -> None:
        call_id = await world.originate(operator=phone(0))
        await second_answered(world, call_id)
        await world.press(call_id, Leg.OPERATOR, "12")
        ending = await world.django.ending(call_id)
        assert (ending.state, ending.metadata["why"]) == ("busy", "operator_declined")

    @pytest.mark.parametrize(("keys", "why"), [("5", None), ("55", "wrong_key")], ids=["once", "twice"])
    @pytest.mark.parametrize("leg", [Leg.CUSTOMER, Leg.OPERATOR])
    async def test_a_wrong_key_is_asked_again_once(
        self, world: Rig, leg: Leg, keys: str, why: str | None
    ) -> None:
        call_id = await world.originate(**{str(leg): phone(0)})
        await (first_answered if leg is Leg.CUSTOMER else second_answered)(world, call_id)
        await world.press(call_id, leg, keys)
        if why is None:
            await world.press(call_id, leg, "11")
            await world.django.wait(call_id, JOINED)
            return
        ending = await world.django.ending(call_id)
        assert (ending.state, ending.metadata["why"]) == ("no_answer", f"{leg}_{why}")
