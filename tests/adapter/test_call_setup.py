"""From the click to the joining: what each party is played and when, and whose doing it is that nothing comes of it."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from telephony.adapter.switch import Kind, SwitchError
from telephony.prompts import customer_prompts
from telephony.states import Leg
from tests.adapter.contract_steps import first_answered, second_answered, second_ringing
from tests.adapter.heard import BRAND, NAME, PROMPTS, heard, is_private
from tests.adapter.rig import ACCEPTS, SUFFIX, Rig, phone

CONNECTING = "sound:aeims/common/connecting"
ANSWERS, SILENT_LISTENER = phone(0), phone(5)


async def nobody(_: Rig, __: str, ___: Leg) -> None:
    """A voicemail, or an agent that screens the call and records it."""


async def presses_something(rig: Rig, call_id: str, leg: Leg) -> None:
    await rig.press(call_id, leg, "5")


async def hangs_up(rig: Rig, call_id: str, leg: Leg) -> None:
    await asyncio.sleep(3)
    await rig.hang_up(call_id, leg)


async def forbids_it(rig: Rig, call_id: str, leg: Leg) -> None:
    await rig.press(call_id, leg, "9")


@pytest.mark.parametrize("leg", [Leg.CUSTOMER, Leg.OPERATOR])
@pytest.mark.parametrize("behaves", [nobody, presses_something, hangs_up, forbids_it])
async def test_whoever_has_not_pressed_1_hears_no_brand_no_name_and_no_price(
    rig: Rig, leg: Leg, behaves: Callable[[Rig, str, Leg], Any]
) -> None:
    phones = {"customer": ACCEPTS, "operator": ACCEPTS, str(leg): SILENT_LISTENER}
    call_id = await rig.originate(**phones, **PROMPTS)
    await (first_answered if leg is Leg.CUSTOMER else second_answered)(rig, call_id)
    await behaves(rig, call_id, leg)
    await rig.django.ending(call_id)
    assert await rig.is_gone(call_id, 60)
    sentences = heard(rig, call_id, leg)
    assert sentences
    assert not [text for text in sentences if is_private(text)]


async def test_who_has_pressed_1_hears_it_all(rig: Rig) -> None:
    call_id = await rig.originate(operator=phone(0, ring=9), **PROMPTS)
    await second_answered(rig, call_id)
    await rig.press(call_id, Leg.OPERATOR, "1")
    await asyncio.sleep(9)
    await rig.press(call_id, Leg.OPERATOR, "1")
    await rig.django.wait(call_id, "started")
    assert heard(rig, call_id, Leg.CUSTOMER)[2:] == [
        "This is Velvet dot example. You are calling", "Luna.", "The price is", "3", "dollars", "99", "cents a minute.",
        "There is also a connect fee of", "99", "cents", "Thank you. We are connecting you now.",
    ]  # fmt: skip
    assert heard(rig, call_id, Leg.OPERATOR)[2:] == [
        "A new caller,", "Amber", "Heron", "4", "82", "You have a call from Velvet dot example. The caller's price is",
        "3", "dollars", "99", "cents a minute.", "The caller has free minutes from you. They are not paid.",
        "To accept, press 1. To decline, press 2.",
    ]  # fmt: skip


async def test_the_operators_phone_is_dialed_on_the_1_while_the_customer_still_hears_the_price(
    rig: Rig,
) -> None:
    call_id = await rig.originate(operator=ANSWERS, **PROMPTS)
    confirmed_at = (await rig.django.wait(call_id, "answered")).ts + 2
    await second_ringing(rig, call_id)
    assert rig.django.of(call_id, "ringing")[1].ts - confirmed_at < 0.5
    assert rig.switch.channels[f"{call_id}-cust"].playback_id
    await rig.ask_hangup(call_id, "customer")
    assert "joined_ms" not in (await rig.django.ending(call_id)).metadata


async def test_a_customers_phone_that_answers_and_presses_nothing_is_reported_within_five_seconds(
    rig: Rig,
) -> None:
    call_id = await rig.originate(customer=SILENT_LISTENER, **PROMPTS)
    await rig.django.ending(call_id)
    first, second = rig.django.of(call_id, "answered")
    assert [(one.metadata["leg"], one.metadata.get("key")) for one in (first, second)] == [
        ("customer", None),
        ("customer", "none"),
    ]
    assert second.ts - first.ts < 5


async def test_who_presses_1_in_time_is_not_reported_as_silent(rig: Rig) -> None:
    call_id = await rig.originate(operator=phone(6), **PROMPTS)
    await rig.django.ending(call_id)
    assert rig.django.of(call_id, "answered")
    assert not [event for event in rig.django.of(call_id, "answered") if "key" in event.metadata]


async def test_two_keys_at_once_accept_before_anything_is_told(rig: Rig) -> None:
    long_offer = {"ask": ["numbers/1"] * 20, "offer": ["numbers/2"] * 20}
    call_id = await rig.originate(operator=ANSWERS, operator__prompts=long_offer)
    await second_answered(rig, call_id)
    await rig.press(call_id, Leg.OPERATOR, "11")
    answered = rig.django.of(call_id, "answered")[1]
    assert (await rig.django.wait(call_id, "started")).ts - answered.ts < 0.5


async def test_nothing_sounds_to_the_customer_once_both_talk(rig: Rig) -> None:
    call_id = await rig.originate(operator=phone(0, ring=0), **PROMPTS)
    await second_answered(rig, call_id)
    await rig.press(call_id, Leg.OPERATOR, "11")
    await rig.django.wait(call_id, "started")
    assert not rig.switch.channels[f"{call_id}-cust"].playback_id


@pytest.mark.parametrize("is_here", [True, False])
async def test_a_greeting_sounds_after_the_price_and_one_that_is_missing_delays_nothing(
    rig: Rig, tmp_path: Path, is_here: bool
) -> None:
    greeting = "a" * 32
    rig.switch._sounds_dir = tmp_path
    if is_here:
        (tmp_path / f"{greeting}.wav").write_bytes(b"RIFF")
    told = customer_prompts(BRAND, NAME, 399, {}, greeting=greeting)
    call_id = await rig.originate(operator=ACCEPTS, **{**PROMPTS, "customer__prompts": told})
    confirmed_at = (await rig.django.wait(call_id, "answered")).ts + 2
    await second_ringing(rig, call_id)
    assert rig.django.of(call_id, "ringing")[1].ts - confirmed_at < 0.5, (
        "the operator's phone is dialed at once"
    )
    await rig.django.wait(call_id, "started")
    played = [what for channel, what in rig.switch.played if channel == f"{call_id}-cust"]
    sound = f"sound:aeims/content/{greeting}"
    assert played[-2:] == (
        [sound, CONNECTING] if is_here else ["sound:aeims/common/cents-a-minute", CONNECTING]
    )


async def test_a_customer_whose_plan_asks_for_no_key_is_not_told_more_than_neutral_words(rig: Rig) -> None:
    unasked = {
        **PROMPTS,
        "customer__prompts": customer_prompts(BRAND, NAME, 399, {"connect fee": 99}, confirms=False),
    }
    call_id = await rig.originate(
        customer=SILENT_LISTENER, operator=phone(6), customer__confirm=False, **unasked
    )
    await rig.django.ending(call_id)
    assert await rig.is_gone(call_id)
    told = heard(rig, call_id, Leg.CUSTOMER)
    assert told[:1] == ["Thank you. We are connecting you now."]
    assert not [text for text in told if is_private(text.replace("You were not charged.", ""))]


async def test_a_plan_of_an_older_web_asks_the_operator_once(rig: Rig) -> None:
    older = {"ask": ["numbers/7", "common/press-1-to-accept"]}
    call_id = await rig.originate(operator=ANSWERS, operator__prompts=older)
    await second_answered(rig, call_id)
    await rig.press(call_id, Leg.OPERATOR, "1")
    await rig.django.wait(call_id, "started")


@pytest.mark.parametrize("leg", [Leg.CUSTOMER, Leg.OPERATOR])
async def test_a_carrier_that_says_nothing_is_at_fault_after_five_seconds(rig: Rig, leg: Leg) -> None:
    rig.trunk_is_silent("carrier", leg)
    call_id = await rig.originate()
    ending = await rig.django.ending(call_id)
    assert (ending.state, ending.metadata["why"], ending.metadata["leg"]) == ("failed", "carrier_fault", leg)
    assert ending.metadata["ended_by"] == "network"
    assert [event.metadata["leg"] for event in rig.django.of(call_id, "ringing")] == (
        [] if leg is Leg.CUSTOMER else ["customer"]
    )
    began = rig.django.of(call_id, "answered")[0].ts + 2 if leg is Leg.OPERATOR else 0
    assert ending.ts - (began or rig.wall()) < 5.5
    assert await rig.is_gone(call_id)


@pytest.mark.parametrize("request_name", ["set_variable", "create_bridge", "add_to_bridge", "stop_playback"])
@pytest.mark.parametrize(
    ("leg", "told"),
    [
        (Leg.CUSTOMER, ("ended", "customer_cancelled", "customer")),
        (Leg.OPERATOR, ("busy", "operator_declined", "operator")),
    ],
)
async def test_a_hang_up_between_the_last_key_and_the_joining_keeps_its_reason(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, request_name: str, leg: Leg, told: tuple[str, str, str]
) -> None:
    real = getattr(rig.switch, request_name)
    armed: list[str] = []

    async def meanwhile(*arguments: Any) -> None:
        if armed:
            await rig.hang_up(armed.pop(), leg)
        await real(*arguments)

    call_id = await rig.originate(operator=ANSWERS)
    await second_answered(rig, call_id)
    monkeypatch.setattr(rig.switch, request_name, meanwhile)
    armed.append(call_id)
    await rig.press(call_id, Leg.OPERATOR, "11")
    ending = await rig.django.ending(call_id)
    assert (ending.state, ending.metadata["why"], ending.metadata["ended_by"]) == told
    assert "joined_ms" not in ending.metadata
    assert await rig.is_gone(call_id)


async def test_the_party_that_hung_up_first_is_named_although_the_handler_ends_the_others_leg_before(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In Asterisk the handler of the leg that hung up runs before that leg's own end is told."""

    async def refuse(*_: object) -> None:
        customer, operator = (rig.switch.channels[f"{call_id}-{SUFFIX[leg]}"] for leg in Leg)
        for channel in (customer, operator):
            channel.variables.pop("AEIMS_PEER", None)
        rig.switch._emit(Kind.HANGUP_REQUEST, customer, cause=None)
        rig.switch._end(operator, 16, request=0)
        rig.switch._end(customer, 16)
        raise SwitchError("409")

    call_id = await rig.originate(operator=ANSWERS)
    await second_answered(rig, call_id)
    monkeypatch.setattr(rig.switch, "create_bridge", refuse)
    await rig.press(call_id, Leg.OPERATOR, "11")
    ending = await rig.django.ending(call_id)
    assert (ending.metadata["why"], ending.metadata["ended_by"]) == ("customer_cancelled", "customer")


@pytest.mark.parametrize("leg", [Leg.CUSTOMER, Leg.OPERATOR])
async def test_who_hangs_up_before_both_enter_the_bridge_and_leaves_it_after_is_named(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, leg: Leg
) -> None:
    """In Asterisk a leg can still be put into a bridge between the request for its end and its end."""
    real = rig.switch.add_to_bridge

    async def late(bridge_id: str, channel_ids: Sequence[str]) -> None:
        channel = rig.switch.channels[f"{call_id}-{SUFFIX[leg]}"]
        rig.switch._emit(Kind.HANGUP_REQUEST, channel, cause=None)
        await real(bridge_id, channel_ids)
        rig.switch._end(channel, 16)

    call_id = await rig.originate(operator=ANSWERS)
    await second_answered(rig, call_id)
    monkeypatch.setattr(rig.switch, "add_to_bridge", late)
    await rig.press(call_id, Leg.OPERATOR, "11")
    ending = await rig.django.ending(call_id)
    assert (ending.metadata["why"], ending.metadata["ended_by"]) == ("hangup", leg)


@pytest.mark.parametrize("leg", [Leg.CUSTOMER, Leg.OPERATOR])
async def test_a_9_is_understood_aloud_and_a_customer_hears_that_nothing_was_charged(
    rig: Rig, leg: Leg
) -> None:
    phones = {"customer": ACCEPTS, "operator": ACCEPTS, str(leg): ANSWERS}
    call_id = await rig.originate(**phones, **PROMPTS)
    await (first_answered if leg is Leg.CUSTOMER else second_answered)(rig, call_id)
    await rig.press(call_id, leg, "9")
    ending = await rig.django.ending(call_id)
    assert (ending.state, ending.metadata["why"]) == ("no_answer", f"{leg}_do_not_call")
    assert await rig.is_gone(call_id, 20)
    assert heard(rig, call_id, leg)[-1] == "We won't call this phone again. Goodbye."
    if leg is Leg.OPERATOR:
        assert heard(rig, call_id, Leg.CUSTOMER)[-1].endswith("You were not charged.")
