"""The part of the contract about an adapter that dies and a switch that cannot be reached for a while."""

import asyncio

import pytest

from telephony.states import Leg
from tests.adapter.contract_steps import (
    ENDED,
    JOINED,
    NO_SOUNDS,
    assert_span_is_the_record,
    bystander_sees_it_gone,
    second_ringing,
)
from tests.adapter.rig import Rig, phone

# For how long the switch can't be reached; longer and shorter than any time-out of ours.
AWAY = pytest.mark.parametrize(
    "seconds", [2, 4.5, *(pytest.param(long, marks=pytest.mark.long) for long in (12, 45))]
)


class AwayContract:
    """Calls that go on, or end, unseen."""

    async def test_the_adapter_dies_and_takes_the_call_up_again(self, world: Rig) -> None:
        call_id = await world.joined(granted_seconds=9, final=True)
        await asyncio.sleep(1)
        await world.kill()
        await asyncio.sleep(1)
        await world.start()
        status, seen = await world.get(f"/call/{call_id}")
        assert (status, seen["state"]) == (200, "joined")
        assert 2000 <= seen["elapsed_ms"] <= 6000, "counted from joining, not from the restart"
        await world.extend(call_id, 10, final=True)
        ending = await world.django.ending(call_id)
        assert ending.metadata["why"] == "credit_exhausted"
        assert 10_000 <= int(ending.metadata["joined_ms"]) < 11_000
        assert len(world.django.of(call_id, ENDED)) == 1
        assert_span_is_the_record(world, call_id)

    async def test_a_call_that_ended_while_the_adapter_was_dead_is_closed_from_the_record(
        self, world: Rig
    ) -> None:
        call_id = await world.joined()
        await asyncio.sleep(1)
        await world.kill()
        await asyncio.sleep(1)
        await world.hang_up(call_id, Leg.OPERATOR)
        assert await bystander_sees_it_gone(world, call_id)
        await asyncio.sleep(2)
        await world.start()
        ending = await world.django.ending(call_id)
        assert (ending.metadata["why"], ending.metadata["ended_by"]) == ("hangup", "operator")
        assert 1900 <= int(ending.metadata["joined_ms"]) < 3500
        assert_span_is_the_record(world, call_id)

    async def test_everything_dead_the_switch_still_ends_the_call(self, world: Rig) -> None:
        call_id = await world.joined(granted_seconds=2, final=True)
        await world.kill()
        assert await bystander_sees_it_gone(world, call_id, 8), "five seconds late at most"
        await world.start()
        ending = await world.django.ending(call_id)
        assert (ending.metadata["why"], ending.metadata["ended_by"]) == ("safety_limit", "platform")
        assert 4500 <= int(ending.metadata["joined_ms"]) < 7000
        assert_span_is_the_record(world, call_id)

    @AWAY
    async def test_the_switch_is_away_and_talk_goes_on(self, world: Rig, seconds: float) -> None:
        call_id = await world.joined()
        await asyncio.sleep(1)
        await world.cut()
        await asyncio.sleep(seconds)
        assert await world.talks_on(call_id)
        assert (await world.get(f"/call/{call_id}"))[1]["state"] == "joined"
        await world.mend()
        await world.until_ready()
        assert await world.talks_on(call_id)
        assert not world.django.of(call_id, ENDED)
        await world.hang_up(call_id, Leg.CUSTOMER)
        ending = await world.django.ending(call_id)
        assert (ending.metadata["why"], ending.metadata["ended_by"]) == ("hangup", "customer")
        assert int(ending.metadata["joined_ms"]) >= (1 + seconds) * 1000
        assert_span_is_the_record(world, call_id)

    @AWAY
    async def test_who_hangs_up_while_the_switch_is_away_pays_to_that_moment(
        self, world: Rig, seconds: float
    ) -> None:
        call_id = await world.joined()
        other = await world.joined(customer=phone(0, ring=0, talk=99), operator=phone(0, ring=0, talk=99))
        await asyncio.sleep(1)
        await world.cut()
        await asyncio.sleep(seconds / 2)
        await world.hang_up(call_id, Leg.OPERATOR)
        ending = await world.django.ending(call_id)  # the record tells, the switch is still away
        assert (await world.get("/health"))[1]["error"] == "no_switch"
        assert (ending.metadata["why"], ending.metadata["ended_by"]) == ("hangup", "operator")
        assert_span_is_the_record(world, call_id)
        await asyncio.sleep(seconds / 2)
        assert await world.talks_on(other)
        await world.mend()
        await world.until_ready()
        await world.ask_hangup(other, "customer")
        await world.django.ending(other)
        assert_span_is_the_record(world, other)

    async def test_the_paid_for_time_runs_out_while_the_switch_is_away(self, world: Rig) -> None:
        call_id = await world.joined(granted_seconds=4, final=True)
        await world.cut()
        ending = await world.django.ending(call_id)
        assert (ending.metadata["why"], ending.metadata["ended_by"]) == ("safety_limit", "platform")
        assert_span_is_the_record(world, call_id)
        await world.mend()
        await world.until_ready()

    async def test_a_hang_up_from_a_page_is_carried_out_once_the_switch_is_back(self, world: Rig) -> None:
        call_id = await world.joined()
        await world.cut()
        await world.ask_hangup(call_id, "customer")
        await asyncio.sleep(4)
        assert await world.talks_on(call_id)
        assert not world.django.of(call_id, ENDED)
        await world.mend()
        ending = await world.django.ending(call_id)
        assert (ending.metadata["why"], ending.metadata["ended_by"]) == ("hangup", "customer")
        assert await world.is_gone(call_id)
        assert_span_is_the_record(world, call_id)

    async def test_a_call_that_still_rings_after_a_hiccup_goes_on(self, world: Rig) -> None:
        call_id = await world.originate(
            operator=phone(0, ring=6), operator__confirm=False, customer__prompts=NO_SOUNDS
        )
        await second_ringing(world, call_id)
        await world.cut()
        await asyncio.sleep(1.5)
        await world.mend()
        await world.django.wait(call_id, JOINED)
        await world.hang_up(call_id, Leg.OPERATOR)
        await world.django.ending(call_id)
        assert_span_is_the_record(world, call_id)

    async def test_a_call_whose_phone_answered_unheard_fails_at_no_charge(self, world: Rig) -> None:
        call_id = await world.originate(
            operator=phone(0, ring=2), operator__confirm=False, customer__prompts=NO_SOUNDS
        )
        await second_ringing(world, call_id)
        await world.cut()
        await asyncio.sleep(3.5)
        await world.mend()
        ending = await world.django.ending(call_id)
        assert (ending.state, ending.metadata["why"]) == ("failed", "switch_lost")
        assert "joined_at" not in ending.metadata
        assert await world.is_gone(call_id)

    @pytest.mark.parametrize("operator", [phone(8), phone(5)], ids=["ringing", "asked"])
    async def test_unjoined_calls_end_at_no_charge_when_the_adapter_comes_back(
        self, world: Rig, operator: str
    ) -> None:
        call_id = await world.originate(operator=operator)
        await second_ringing(world, call_id)
        await asyncio.sleep(1.5)
        await world.kill()
        await world.start()
        ending = await world.django.ending(call_id)
        assert (ending.state, ending.metadata["why"]) == ("failed", "adapter_restarted")
        assert "joined_at" not in ending.metadata
        assert await world.is_gone(call_id), "the customer's ring-back does not go on for ever"
