"""Several carriers: when the next one is tried, what every switch must do for it. `world` has two trunks."""

import asyncio

import pytest

from telephony.states import Leg
from tests.adapter.contract_steps import (
    DIALLED,
    JOINED,
    NO_SOUNDS,
    assert_span_is_the_record,
    first_answered,
)
from tests.adapter.rig import Rig, phone

FIRST, SECOND = "carrier", "carrier2"
RINGING_WITHIN = 1  # seconds, of the adapter in these tests


class TrunkContract:
    """A call goes by the first carrier that takes it, and no phone is rung by two."""

    @pytest.mark.parametrize("code", [503, 403, 404, 488])
    async def test_a_refusal_goes_to_the_next_carrier_unnoticed(self, world: Rig, code: int) -> None:
        world.trunk_refuses(FIRST, code)
        call_id = await world.joined()
        for leg in Leg:
            assert (world.invites(FIRST, call_id, leg), world.invites(SECOND, call_id, leg)) == (1, 1)
        told = [event.state for event in world.django.of(call_id)]
        assert told == ["ringing", "answered", "ringing", "answered", JOINED], "as by one carrier"
        await world.hang_up(call_id, Leg.CUSTOMER)
        ending = await world.django.ending(call_id)
        assert (ending.metadata["why"], ending.metadata["ended_by"]) == ("hangup", "customer")
        assert_span_is_the_record(world, call_id)
        assert await world.is_gone(call_id)

    async def test_no_answer_to_the_invite_goes_to_the_next_carrier(self, world: Rig) -> None:
        world.trunk_is_silent(FIRST)
        call_id = await world.joined()
        for leg in Leg:
            assert world.invites(SECOND, call_id, leg) == 1
        assert world.invites(FIRST, call_id, Leg.CUSTOMER) == 1
        assert world.invites(FIRST, call_id, Leg.OPERATOR) == 0, "who was silent a moment ago is tried last"
        health = (await world.get("/health"))[1]["trunks"]
        assert [(one["name"], one["refused"], one["last_refusal"]) for one in health] == [
            (FIRST, 1, "no answer"),
            (SECOND, 0, ""),
        ]
        assert [one["channels"] for one in health] == [0, 2]
        await world.hang_up(call_id, Leg.OPERATOR)
        await world.django.ending(call_id)
        assert_span_is_the_record(world, call_id)

    @pytest.mark.parametrize(
        ("operator", "state", "why"),
        [(phone(6), "busy", "operator_busy"), (phone(7), "busy", "operator_declined"), (phone(8), "no_answer", "operator_no_answer")],
        ids=["busy", "declined", "not answered"],
    )  # fmt: skip
    async def test_a_phone_that_has_had_its_call_is_not_called_again(
        self, world: Rig, operator: str, state: str, why: str
    ) -> None:
        call_id = await world.originate(
            customer=phone(0, ring=0),
            customer__confirm=False,
            operator=operator,
            operator__ring_seconds=5,
            customer__prompts=NO_SOUNDS,
        )
        ending = await world.django.ending(call_id)
        assert (ending.state, ending.metadata["why"]) == (state, why)
        assert world.invites(FIRST, call_id, Leg.OPERATOR) == 1
        assert world.invites(SECOND, call_id, Leg.OPERATOR) == 0

    @pytest.mark.parametrize("code", [480, 486, 503, 600])
    async def test_what_is_said_of_the_phone_or_after_it_rang_is_final(self, world: Rig, code: int) -> None:
        world.trunk_refuses(FIRST, code, rings=code == 503)
        call_id = await world.originate()
        ending = await world.django.ending(call_id)
        assert ending.metadata["why"] in (
            "customer_no_answer", "customer_busy", "customer_unreachable", "customer_declined",
        )  # fmt: skip
        assert world.invites(FIRST, call_id, Leg.CUSTOMER) == 1
        assert world.invites(SECOND, call_id, Leg.CUSTOMER) == 0

    async def test_if_none_takes_it_the_call_ends_as_with_one_carrier(self, world: Rig) -> None:
        world.trunk_refuses(FIRST, 503)
        world.trunk_refuses(SECOND, 503)
        call_id = await world.originate()
        ending = await world.django.ending(call_id)
        assert (ending.state, ending.metadata["why"], ending.metadata["ended_by"]) == (
            "failed", "customer_unreachable", "network",
        )  # fmt: skip
        assert world.invites(SECOND, call_id, Leg.CUSTOMER) == 1
        assert not world.django.of(call_id, DIALLED)

    async def test_nobody_is_called_any_more_once_the_customer_has_hung_up(self, world: Rig) -> None:
        world.trunk_is_silent(FIRST, Leg.OPERATOR)
        call_id = await world.originate(customer=phone(0, ring=0), customer__confirm=False)
        await first_answered(world, call_id)
        await world.hang_up(call_id, Leg.CUSTOMER)
        ending = await world.django.ending(call_id)
        assert ending.metadata["why"] == "customer_cancelled"
        await asyncio.sleep(RINGING_WITHIN + 0.5)
        assert world.invites(FIRST, call_id, Leg.OPERATOR) <= 1
        assert world.invites(SECOND, call_id, Leg.OPERATOR) == 0
        assert await world.is_gone(call_id)

    async def test_an_adapter_that_dies_between_two_tries_calls_nobody_again(self, world: Rig) -> None:
        world.trunk_is_silent(FIRST)
        world.trunk_is_silent(SECOND)
        call_id = await world.originate()
        await asyncio.sleep(RINGING_WITHIN / 2)
        await world.kill()
        await world.start()
        ending = await world.django.ending(call_id)
        assert (ending.state, ending.metadata["why"]) == ("failed", "adapter_restarted")
        await asyncio.sleep(RINGING_WITHIN + 0.5)
        assert world.invites(SECOND, call_id, Leg.CUSTOMER) == 0
        assert await world.is_gone(call_id)
