"""What every switch must do with the adapter: the same stories on the simulated and on the real Asterisk."""

import asyncio

import pytest

from telephony.adapter import cel as adapter_cel
from telephony.states import Leg
from tests.adapter.rig import ACCEPTS, Rig, phone
from tests.lab import cel

DIALLED, ANSWERED, JOINED, ENDED = "ringing", "answered", "started", "ended"
NO_SOUNDS: dict[str, list[str]] = {}
# For how long the switch can't be reached; longer and shorter than any time-out of ours.
AWAY = pytest.mark.parametrize(
    "seconds", [2, 4.5, *(pytest.param(long, marks=pytest.mark.long) for long in (12, 45))]
)

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


class CallContract:
    """Subclasses bring the fixture `world`."""

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
        assert await self.bystander_sees_it_gone(world, call_id)
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
        assert await self.bystander_sees_it_gone(world, call_id, 8), "some seconds after the hold's limit"
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
        assert await self.bystander_sees_it_gone(world, call_id)
        await asyncio.sleep(2)
        await world.start()
        ending = await world.django.ending(call_id)
        assert (ending.metadata["why"], ending.metadata["ended_by"]) == ("hangup", "operator")
        assert 1900 <= int(ending.metadata["joined_ms"]) < 3500
        assert_span_is_the_record(world, call_id)

    async def test_everything_dead_the_switch_still_ends_the_call(self, world: Rig) -> None:
        call_id = await world.joined(granted_seconds=2, final=True)
        await world.kill()
        assert await self.bystander_sees_it_gone(world, call_id, 8), "five seconds late at most"
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

    async def bystander_sees_it_gone(self, world: Rig, call_id: str, seconds: float = 3) -> bool:
        """Whether both legs end with no adapter there; the empty bridge may stay."""
        try:
            async with asyncio.timeout(seconds):
                while any(name.startswith(call_id) for name in (await world.switch.survey()).channels):
                    await asyncio.sleep(0.05)
        except TimeoutError:
            return False
        return True


async def first_answered(world: Rig, call_id: str) -> None:
    """Wait until the customer has picked up."""
    await world.django.wait(call_id, ANSWERED)


async def second_answered(world: Rig, call_id: str) -> None:
    """Wait until the operator has picked up."""
    async with asyncio.timeout(20):
        while len(world.django.of(call_id, ANSWERED)) < 2:
            await asyncio.sleep(0.05)


async def second_ringing(world: Rig, call_id: str) -> None:
    """Wait until the operator's phone is dialled."""
    async with asyncio.timeout(20):
        while len(world.django.of(call_id, DIALLED)) < 2:
            await asyncio.sleep(0.05)


def assert_span_is_the_record(world: Rig, call_id: str) -> None:
    """What Django was told is what Asterisk's own record says, to the few milliseconds between two event times."""
    told = world.django.of(call_id, ENDED)[0].metadata
    record = cel.joined(world.cel, f"{call_id}-br")
    assert record is not None
    assert record.microseconds is not None
    assert abs(int(told["joined_ms"]) - record.microseconds / 1000) <= 5
    assert abs(float(told["joined_at"]) - record.joined_at.timestamp()) <= 0.005, (told, record)
    assert round((float(told["left_at"]) - float(told["joined_at"])) * 1000) == int(told["joined_ms"])


def assert_paid_by_the_record(world: Rig, call_id: str) -> None:
    """What is charged follows from Asterisk's record alone: who has it charges the same."""
    told = world.django.of(call_id, ENDED)[0].metadata
    talk = adapter_cel.load(world.cel, [call_id])[call_id]
    paid_ms = talk.paid_ms(world.silence_seconds)
    assert paid_ms is not None
    assert abs(int(told["joined_ms"]) - paid_ms) <= 5
