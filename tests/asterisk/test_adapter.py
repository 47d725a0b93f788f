"""The contract of the adapter and its switch on the real Asterisk, and what only real phones can hear."""

import asyncio

import pytest

from billing import rating
from billing.budget import Budget
from telephony.adapter import dialing
from telephony.states import Leg
from telephony.wire import CallEvent
from tests.adapter.contract import CallContract
from tests.adapter.contract_steps import JOINED, second_ringing
from tests.adapter.rig import ACCEPTS, phone
from tests.asterisk.adapter_rig import AsteriskRig
from tests.lab.audio import RING_BACK, WARNING, tone_of
from tests.lab.leaks import mentions

pytestmark = [pytest.mark.asyncio, pytest.mark.asterisk]


class TestOnAsterisk(CallContract):
    """All stories of the contract."""


async def test_prompts_ring_back_and_talk_are_heard(world: AsteriskRig) -> None:
    call_id = await world.originate(operator=phone(1, ring=3))
    customer = await world.rung(call_id, Leg.CUSTOMER)
    await customer.hears(lambda heard: heard.level > 300 and not heard.tones, timeout=4)
    await customer.hears(lambda heard: set(RING_BACK) <= set(heard.tones), timeout=6)
    operator = await world.rung(call_id, Leg.OPERATOR)
    await operator.hears(lambda heard: heard.level > 300, timeout=8)
    await world.django.wait(call_id, JOINED)
    await customer.hears(lambda heard: heard.tones == (tone_of(operator.number),))
    await operator.hears(lambda heard: heard.tones == (tone_of(customer.number),))
    customer.hangup()
    await world.django.ending(call_id)
    for one, other in ((customer, operator), (operator, customer)):
        assert one.caller == "+18005550100"
        assert not [message for message in one.messages if mentions(message.text, other.number)]


@pytest.mark.parametrize("sounds", [["common/warning-15"], ["nowhere/nothing"]], ids=["spoken", "tone"])
async def test_the_warning_is_heard_by_the_customer_alone_and_the_talk_goes_on(
    world: AsteriskRig, sounds: list[str]
) -> None:
    call_id = await world.joined(
        granted_seconds=18, final=True, customer__prompts={"warning_15": sounds}, operator__prompts={}
    )
    customer, operator = world.phone(call_id, Leg.CUSTOMER), world.phone(call_id, Leg.OPERATOR)
    both = {WARNING, tone_of(operator.number)}
    await customer.hears(lambda heard: both <= set(heard.tones), timeout=6)
    moments = []
    for _ in range(15):
        moments.append(operator.heard(0.3))
        await asyncio.sleep(0.1)
    assert not [moment for moment in moments if WARNING in moment.tones]
    # By the loudest tone: packets that a busy machine delivers late break the wave, which adds faint tones beside it.
    assert [moment.frequency for moment in moments].count(tone_of(customer.number)) >= 12
    assert operator.heard(1.5).packets >= 60, "of 75: the talk went on"
    assert (await world.extend(call_id, 20, final=True))[0] == 200
    await customer.hears(lambda heard: heard.tones == (tone_of(operator.number),))
    await world.ask_hangup(call_id, "customer")
    await world.django.ending(call_id)
    assert await world.is_gone(call_id)


async def test_an_end_time_ends_the_call_at_both_phones_with_its_warning(world: AsteriskRig) -> None:
    ends_at = world.wall() + 40
    call_id = await world.joined(
        granted_seconds=180, ends_at=ends_at, warn_at_seconds=[15],
        customer__prompts={"warning_15": ["nowhere/nothing"]}, operator__prompts={},
    )  # fmt: skip
    customer, operator = world.phone(call_id, Leg.CUSTOMER), world.phone(call_id, Leg.OPERATOR)
    await customer.hears(lambda heard: WARNING in heard.tones, timeout=40)
    assert 10 < ends_at - world.wall() <= 15.5
    assert WARNING not in operator.heard(0.3).tones
    await _both_hear_goodbye(world, call_id, ends_at)


async def test_an_amount_ends_the_call_at_both_phones_within_it(world: AsteriskRig) -> None:
    tariff = rating.Tariff(399, 99, 6, 6)
    longest = Budget(available_minor=100_00).longest_call(tariff, 0, 3600, cap_minor=2_00)
    assert (longest.seconds, longest.bound_by) == (12, "call_amount")
    call_id = await world.joined(granted_seconds=longest.seconds, final=True)
    joined_at = float(world.django.of(call_id, JOINED)[0].metadata["joined_at"])
    ending = await _both_hear_goodbye(world, call_id, joined_at + longest.seconds)
    bill = rating.bill(tariff, int(ending.metadata["joined_ms"]), longest.seconds)
    assert bill.cost_minor <= 2_00


async def _both_hear_goodbye(world: AsteriskRig, call_id: str, at: float) -> CallEvent:
    ending = await world.django.ending(call_id, 60)
    assert ending.metadata["why"] == "credit_exhausted"
    assert 0 <= float(ending.metadata["left_at"]) - at <= 1
    for leg in Leg:
        async with asyncio.timeout(3):
            await world.phone(call_id, leg).ended.wait()
        assert world.phone(call_id, leg).end_reason.startswith("remote_bye")
    assert await world.is_gone(call_id)
    return ending


@pytest.mark.parametrize("operator", [phone(2), phone(4)], ids=["key by INFO", "early media"])
async def test_phones_of_other_manners_can_be_joined(world: AsteriskRig, operator: str) -> None:
    call_id = await world.originate(operator=operator, operator__confirm=operator == phone(2))
    await world.django.wait(call_id, JOINED)
    await world.hang_up(call_id, Leg.OPERATOR)
    await world.django.ending(call_id)


async def test_a_refused_customer_hears_why_after_django_was_told(world: AsteriskRig) -> None:
    call_id = await world.originate(operator=phone(6))
    await world.django.ending(call_id)
    customer = world.phone(call_id, Leg.CUSTOMER)
    await customer.hears(lambda heard: heard.level > 300 and not set(RING_BACK) & set(heard.tones), timeout=3)
    async with asyncio.timeout(15):
        await customer.ended.wait()
    assert customer.end_reason.startswith("remote_bye")


async def test_a_dialplan_without_our_handler_and_a_switch_without_our_sounds_do(
    world: AsteriskRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dialing, "HANGUP_CONTEXT", "nowhere,s,1")
    prompts = {"ask": ["nowhere/ask"], "failed": ["nowhere/failed"], "connecting": ["nowhere/connecting"]}
    call_id = await world.joined(customer__prompts=prompts, operator__prompts=prompts)
    await world.hang_up(call_id, Leg.CUSTOMER)
    ending = await world.django.ending(call_id)
    assert (ending.metadata["why"], ending.metadata["ended_by"]) == ("hangup", "customer")
    assert await world.is_gone(call_id)


async def test_asterisk_killed_in_mid_call(world: AsteriskRig) -> None:
    call_id = await world.joined()
    await asyncio.sleep(3)
    world.node.kill()
    await asyncio.sleep(5)
    assert (await world.get("/health"))[1]["error"] == "no_switch"
    assert not world.django.of(call_id, "ended"), "a refused connection is no proof that it died"
    world.node.up(fresh=False)
    ending = await world.django.ending(call_id, 20)
    assert (ending.metadata["why"], ending.metadata["ended_by"]) == ("switch_lost", "network")
    assert 2900 <= int(ending.metadata["joined_ms"]) < 4500
    await world.until_ready()
    again = await world.joined()
    await world.ask_hangup(again, "customer")
    await world.django.ending(again)


async def test_connecting_is_spoken_before_the_ring_back_and_while_the_operator_rings(
    world: AsteriskRig,
) -> None:
    call_id = await world.originate(
        customer__prompts={"connecting": ["common/connecting"] * 2}, operator=phone(8)
    )
    await second_ringing(world, call_id)
    customer = world.phone(call_id, Leg.CUSTOMER)
    await customer.hears(lambda heard: heard.level > 300 and not set(RING_BACK) & set(heard.tones), timeout=1)
    await customer.hears(lambda heard: set(RING_BACK) <= set(heard.tones), timeout=15)
    await world.ask_hangup(call_id, "customer")
    await world.django.ending(call_id)


async def test_thirty_calls_at_once_leave_nothing_behind(world: AsteriskRig) -> None:
    calls = [
        await world.originate(
            customer=ACCEPTS, customer__prompts={}, operator__prompts={}, granted_seconds=2, final=True
        )
        for _ in range(30)
    ]
    for call_id in calls:
        ending = await world.django.ending(call_id, 60)
        assert ending.metadata["why"] == "credit_exhausted"
        assert 2000 <= int(ending.metadata["joined_ms"]) < 3000
    for call_id in calls:
        assert await world.is_gone(call_id)
    survey = await world.switch.survey()
    assert not survey.channels
    assert not survey.bridges
