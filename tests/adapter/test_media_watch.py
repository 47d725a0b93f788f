"""A node that carries no sound any more is told apart from one phone that fell silent."""

import asyncio

from telephony.adapter.packet_watch import Count, was_silent
from telephony.states import Leg
from telephony.wire import CallEvent
from tests.adapter.rig import Rig


async def talking(rig: Rig, calls: int) -> list[str]:
    """So many calls that have talked for a while."""
    call_ids = [await rig.joined(granted_seconds=600) for _ in range(calls)]
    await asyncio.sleep(rig.silence_seconds + 10)
    return call_ids


async def endings(rig: Rig, call_ids: list[str]) -> list[CallEvent]:
    return [await rig.django.ending(call_id) for call_id in call_ids]


async def test_all_calls_that_fall_silent_at_once_are_the_nodes_fault(rig: Rig) -> None:
    call_ids = await talking(rig, 3)
    on_hold = await rig.joined(granted_seconds=600, operator_hold_seconds=300)
    await asyncio.sleep(rig.silence_seconds)
    await rig.hold(on_hold, Leg.OPERATOR)  # a phone that holds may be silent for long
    for call_id, leg in zip(call_ids, (Leg.CUSTOMER, Leg.OPERATOR, Leg.CUSTOMER), strict=True):
        await rig.fall_silent(call_id, leg)
        await asyncio.sleep(0.8)
    for ending in await endings(rig, call_ids):
        assert (ending.metadata["why"], ending.metadata["ended_by"]) == ("node_silent", "network")
        assert "leg" not in ending.metadata
        assert int(ending.metadata["unpaid_ms"]) == rig.silence_seconds * 1000
    health = (await rig.get("/health"))[1]
    assert health["silent_calls"] == 3
    await asyncio.sleep(900)
    assert "silent_calls" not in (await rig.get("/health"))[1]


async def test_one_silent_phone_beside_a_call_that_is_heard_is_no_fault_of_the_node(rig: Rig) -> None:
    silent, heard = await talking(rig, 2)
    await rig.fall_silent(silent, Leg.CUSTOMER)
    [ending] = await endings(rig, [silent])
    assert (ending.metadata["why"], ending.metadata["leg"]) == ("media_lost", "customer")
    assert await rig.talks_on(heard)
    assert "silent_calls" not in (await rig.get("/health"))[1]


async def test_two_silent_phones_beside_a_call_that_is_heard_are_no_fault_of_the_node(rig: Rig) -> None:
    *silent, _ = await talking(rig, 3)
    for call_id in silent:
        await rig.fall_silent(call_id, Leg.OPERATOR)
    assert {ending.metadata["why"] for ending in await endings(rig, silent)} == {"media_lost"}


async def test_a_call_that_began_during_the_fault_proves_nothing(rig: Rig) -> None:
    call_ids = await talking(rig, 2)
    for call_id in call_ids:
        await rig.fall_silent(call_id, Leg.OPERATOR)
    await asyncio.sleep(rig.silence_seconds - 10)
    await rig.joined(granted_seconds=600)
    assert {ending.metadata["why"] for ending in await endings(rig, call_ids)} == {"node_silent"}


async def test_phones_that_fall_silent_one_after_the_other_are_two_silent_phones(rig: Rig) -> None:
    [call_id] = await talking(rig, 1)
    await rig.fall_silent(call_id, Leg.CUSTOMER)
    await asyncio.sleep(rig.silence_seconds / 2)
    await rig.fall_silent(call_id, Leg.OPERATOR)
    [ending] = await endings(rig, [call_id])
    assert (ending.metadata["why"], ending.metadata["leg"]) == ("media_lost", "customer")


async def test_a_phone_on_hold_is_no_second_silent_one(rig: Rig) -> None:
    call_id = await rig.joined(granted_seconds=600, customer_hold_seconds=300)
    await rig.hold(call_id, Leg.CUSTOMER)
    rig.switch.channels[f"{call_id}-cust"].silent_at = 0.0
    await asyncio.sleep(rig.silence_seconds)
    await rig.fall_silent(call_id, Leg.OPERATOR)
    [ending] = await endings(rig, [call_id])
    assert ending.metadata["why"] == "media_lost"


def test_silence_takes_two_looks_and_no_packet_between_them() -> None:
    still, moving = [Count(10, 7), Count(20, 7), Count(30, 7)], [Count(10, 7), Count(20, 7), Count(30, 8)]
    assert was_silent(still, since=5)
    assert not was_silent(moving, since=5)
    assert not was_silent(still, since=25), "one look tells nothing"
    assert was_silent([Count(1, 3), *still], since=5), "what came before does not matter"


async def test_silence_longer_than_the_call_is_a_date_that_jumped_and_costs_nobody_a_second(rig: Rig) -> None:
    call_id = await rig.joined(granted_seconds=600)
    await asyncio.sleep(5)
    rig.switch.silence_seconds = 1  # as if its date had jumped past what is let pass
    await rig.fall_silent(call_id, Leg.CUSTOMER)
    told = (await rig.django.ending(call_id)).metadata
    assert told["why"] == "media_lost"
    assert (int(told["joined_ms"]) >= 5000, int(told.get("unpaid_ms", 0))) == (True, 0)
