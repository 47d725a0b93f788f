"""The part of the contract about holds and silence: what is not talk is not paid."""

import asyncio

from telephony.states import Leg
from tests.adapter.contract_steps import (
    assert_paid_by_the_record,
    assert_span_is_the_record,
    bystander_sees_it_gone,
)
from tests.adapter.rig import Rig, phone


class HoldContract:
    """Joined calls in which nobody talks."""

    async def test_a_silent_phone_ends_the_call_and_the_silence_is_not_charged(self, world: Rig) -> None:
        call_id = await world.joined()
        await asyncio.sleep(4)
        await world.fall_silent(call_id, Leg.OPERATOR)
        ending = await world.django.ending(call_id)
        assert (ending.metadata["why"], ending.metadata["ended_by"]) == ("media_lost", "network")
        assert 2900 <= int(ending.metadata["joined_ms"]) < 5500, (
            "Asterisk counts the silence in whole seconds"
        )
        assert int(ending.metadata["unpaid_ms"]) == world.silence_seconds * 1000
        assert await world.is_gone(call_id)
        assert_paid_by_the_record(world, call_id)

    async def test_all_calls_that_fall_silent_at_once_are_the_nodes_fault(self, world: Rig) -> None:
        others = {"customer": phone(0, ring=0, talk=999), "operator": phone(0, ring=0, talk=999)}
        call_ids = [await world.joined(), await world.joined(**others)]
        await asyncio.sleep(world.silence_seconds + 1)
        for call_id, leg in zip(call_ids, (Leg.CUSTOMER, Leg.OPERATOR), strict=True):
            await world.fall_silent(call_id, leg)
        for call_id in call_ids:
            ending = await world.django.ending(call_id)
            assert (ending.metadata["why"], ending.metadata["ended_by"]) == ("node_silent", "network")
            assert int(ending.metadata["unpaid_ms"]) == world.silence_seconds * 1000
            assert_paid_by_the_record(world, call_id)

    async def test_a_call_alone_both_of_whose_phones_fall_silent_is_the_nodes_fault(self, world: Rig) -> None:
        call_id = await world.joined()
        await asyncio.sleep(world.silence_seconds)
        for leg in Leg:
            await world.fall_silent(call_id, leg)
        told = (await world.django.ending(call_id)).metadata
        assert (told["why"], told["ended_by"], "leg" in told) == ("node_silent", "network", False)
        assert int(told["unpaid_ms"]) == world.silence_seconds * 1000
        assert_paid_by_the_record(world, call_id)
        assert (await world.get("/health"))[1]["silent_calls"] == 1

    async def test_the_operators_hold_ends_the_call_and_is_not_charged(self, world: Rig) -> None:
        call_id = await world.joined(operator_hold_seconds=3)
        await asyncio.sleep(2)
        await world.hold(call_id, Leg.OPERATOR)
        await world.hears_hold_tone(call_id, Leg.CUSTOMER)
        ending = await world.django.ending(call_id)
        assert [event.metadata["held_by"] for event in world.django.of(call_id, "progress")] == ["operator"]
        told = ending.metadata
        assert (told["why"], told["ended_by"], told["leg"]) == ("hold_limit", "operator", "operator")
        assert 1900 <= int(told["joined_ms"]) < 3000
        assert 2900 <= int(told["unpaid_ms"]) < 4500
        assert await world.is_gone(call_id)
        assert_paid_by_the_record(world, call_id)
        talks = (await world.get("/talks?seconds=60"))[1]["talks"]
        compared = next(talk["joined_ms"] for talk in talks if talk["call_id"] == call_id)
        assert abs(compared - int(told["joined_ms"])) <= 5, (
            "who compares the books with it finds no difference"
        )

    async def test_the_customers_own_hold_ends_the_call_and_is_charged(self, world: Rig) -> None:
        call_id = await world.joined(customer_hold_seconds=3)
        await asyncio.sleep(1)
        await world.hold(call_id, Leg.CUSTOMER)
        await world.hears_hold_tone(call_id, Leg.OPERATOR)
        told = (await world.django.ending(call_id)).metadata
        assert (told["why"], told["ended_by"]) == ("hold_limit", "customer")
        assert 3900 <= int(told["joined_ms"]) < 5500
        assert "unpaid_ms" not in told
        assert await world.is_gone(call_id)
        assert_span_is_the_record(world, call_id)
        assert_paid_by_the_record(world, call_id)

    async def test_after_a_short_hold_they_talk_on_and_all_of_it_is_charged(self, world: Rig) -> None:
        call_id = await world.joined(operator_hold_seconds=2)
        await world.hold(call_id, Leg.OPERATOR)
        await asyncio.sleep(1)
        await world.resume(call_id, Leg.OPERATOR)
        await asyncio.sleep(6)
        assert [event.metadata["held_by"] for event in world.django.of(call_id, "progress")] == [
            "operator",
            "",
        ]
        await world.hang_up(call_id, Leg.CUSTOMER)
        told = (await world.django.ending(call_id)).metadata
        assert (told["why"], told["ended_by"]) == ("hangup", "customer")
        assert int(told["joined_ms"]) >= 6900
        assert_span_is_the_record(world, call_id)
        assert_paid_by_the_record(world, call_id)

    async def test_a_hang_up_during_the_operators_hold_is_charged_to_the_hold(self, world: Rig) -> None:
        call_id = await world.joined()
        await asyncio.sleep(1)
        await world.hold(call_id, Leg.OPERATOR)
        await asyncio.sleep(2)
        await world.hang_up(call_id, Leg.CUSTOMER)
        told = (await world.django.ending(call_id)).metadata
        assert (told["why"], told["ended_by"]) == ("hangup", "customer")
        assert 900 <= int(told["joined_ms"]) < 2000
        assert_paid_by_the_record(world, call_id)

    async def test_a_call_that_ended_on_hold_while_the_adapter_was_dead_is_charged_the_same(
        self, world: Rig
    ) -> None:
        call_id = await world.joined()
        await asyncio.sleep(1)
        await world.hold(call_id, Leg.OPERATOR)
        await asyncio.sleep(1)
        await world.kill()
        await asyncio.sleep(1)
        await world.hang_up(call_id, Leg.OPERATOR)
        assert await bystander_sees_it_gone(world, call_id)
        await world.start()
        told = (await world.django.ending(call_id)).metadata
        assert (told["why"], told["ended_by"]) == ("hangup", "operator")
        assert 900 <= int(told["joined_ms"]) < 2000
        assert_paid_by_the_record(world, call_id)

    async def test_everything_dead_the_switch_still_ends_a_hold(self, world: Rig) -> None:
        call_id = await world.joined(operator_hold_seconds=1)
        await world.hold(call_id, Leg.OPERATOR)
        await asyncio.sleep(0.3)
        await world.kill()
        assert await bystander_sees_it_gone(world, call_id, 8), "some seconds after the hold's limit"
        await world.start()
        told = (await world.django.ending(call_id)).metadata
        assert (told["why"], told["ended_by"]) == ("hold_limit", "operator")
        assert int(told["joined_ms"]) < 1500
        assert_paid_by_the_record(world, call_id)

    async def test_an_adapter_that_comes_back_in_a_hold_ends_it_or_sees_that_it_is_over(
        self, world: Rig
    ) -> None:
        at_once = phone(0, ring=0)
        held = await world.joined(operator_hold_seconds=4)
        resumed = await world.joined(operator_hold_seconds=4, customer=f"{at_once}3", operator=f"{at_once}3")
        for call_id in (held, resumed):
            await world.hold(call_id, Leg.OPERATOR)
        await asyncio.sleep(1)
        await world.kill()
        await world.resume(resumed, Leg.OPERATOR)
        await asyncio.sleep(0.5)
        await world.start()
        told = (await world.django.ending(held)).metadata
        assert (told["why"], told["ended_by"]) == ("hold_limit", "operator")
        assert int(told["joined_ms"]) < 1500
        await asyncio.sleep(5)
        assert (await world.get(f"/call/{resumed}"))[1]["state"] == "joined"
        await world.hang_up(resumed, Leg.OPERATOR)
        assert int((await world.django.ending(resumed)).metadata["joined_ms"]) > 6000
        for call_id in (held, resumed):
            assert_paid_by_the_record(world, call_id)
