"""What every switch must do with the adapter: the same stories on the simulated and on the real Asterisk."""

import asyncio

import pytest

from telephony.states import Leg
from tests.adapter.contract_away import AwayContract
from tests.adapter.contract_hold import HoldContract
from tests.adapter.contract_offer import OfferContract
from tests.adapter.contract_phones import PhonesContract
from tests.adapter.contract_screening import ScreeningContract
from tests.adapter.contract_steps import (
    ANSWERED,
    DIALLED,
    ENDED,
    JOINED,
    assert_span_is_the_record,
)
from tests.adapter.rig import Rig


class CallContract(ScreeningContract, HoldContract, OfferContract, AwayContract, PhonesContract):
    """All of it. Subclasses bring the fixture `world`."""

    async def test_both_accept_and_one_hangs_up(self, world: Rig) -> None:
        call_id = await world.originate()
        await world.django.wait(call_id, JOINED)
        await asyncio.sleep(2)
        status, seen = await world.get(f"/call/{call_id}")
        assert (status, seen["state"], seen["granted_seconds"], seen["final"]) == (200, "joined", 180, False)
        assert 1900 <= seen["elapsed_ms"] <= 3500
        await world.hang_up(call_id, Leg.CUSTOMER)
        ending = await world.django.ending(call_id)
        told = [(event.state, event.metadata.get("leg")) for event in world.django.of(call_id)]
        assert told == [
            (DIALLED, "customer"), (ANSWERED, "customer"), (DIALLED, "operator"), (ANSWERED, "operator"),
            (JOINED, None), (ENDED, "customer"),
        ]  # fmt: skip
        sequence = [event.sequence for event in world.django.of(call_id)]
        assert sequence == sorted(set(sequence))
        assert (ending.metadata["why"], ending.metadata["ended_by"]) == ("hangup", "customer")
        assert await world.is_gone(call_id)
        assert_span_is_the_record(world, call_id)

    async def test_the_operator_hangs_up(self, world: Rig) -> None:
        call_id = await world.joined()
        await world.hang_up(call_id, Leg.OPERATOR)
        ending = await world.django.ending(call_id)
        assert (ending.metadata["why"], ending.metadata["ended_by"]) == ("hangup", "operator")
        assert await world.is_gone(call_id)

    @pytest.mark.parametrize(
        ("ended_by", "why", "told"),
        [
            ("customer", "hangup", "hangup"),
            ("operator", "hangup", "hangup"),
            ("staff", "staff_ended", "staff_ended"),
        ],
    )
    async def test_hang_up_from_a_page(self, world: Rig, ended_by: str, why: str, told: str) -> None:
        call_id = await world.joined()
        assert await world.ask_hangup(call_id, ended_by, why) == (202, {"ok": True})
        ending = await world.django.ending(call_id)
        assert (ending.state, ending.metadata["why"], ending.metadata["ended_by"]) == (ENDED, told, ended_by)
        assert int(ending.metadata["joined_ms"]) >= 0
        assert await world.is_gone(call_id)
        assert await world.ask_hangup(call_id, ended_by, why) == (200, {"ok": True, "over": True})

    async def test_the_call_ends_at_the_paid_for_second(self, world: Rig) -> None:
        call_id = await world.joined(granted_seconds=4, final=True)
        ending = await world.django.ending(call_id)
        assert (ending.metadata["why"], ending.metadata["ended_by"]) == ("credit_exhausted", "platform")
        assert 4000 <= int(ending.metadata["joined_ms"]) < 5000
        assert await world.is_gone(call_id)
        assert_span_is_the_record(world, call_id)

    async def test_an_extension_moves_the_end_at_once(self, world: Rig) -> None:
        call_id = await world.joined(granted_seconds=3, final=True)
        answer = await world.extend(call_id, 7, final=True)
        assert answer == (200, {"ok": True, "granted_seconds": 7, "final": True})
        assert (await world.extend(call_id, 5, final=True))[1]["granted_seconds"] == 7, (
            "the largest known holds"
        )
        ending = await world.django.ending(call_id)
        assert ending.metadata["why"] == "credit_exhausted"
        assert 7000 <= int(ending.metadata["joined_ms"]) < 8000
        assert (await world.extend(call_id, 9, final=True)) == (409, {"ok": False, "error": "over"})

    async def test_nothing_granted_any_more_means_hang_up(self, world: Rig) -> None:
        world.django.grant = (0, True)
        call_id = await world.originate(granted_seconds=60)
        ending = await world.django.ending(call_id)
        assert (ending.metadata["why"], ending.metadata["ended_by"]) == ("hangup", "platform")
        assert int(ending.metadata["joined_ms"]) < 3000
