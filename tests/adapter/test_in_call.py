"""A joined call: questions, grants, warnings, the end; and what goes wrong meanwhile."""

import asyncio

import pytest

from telephony.adapter.simulator import HANGUP_HANDLER, LIMIT
from telephony.adapter.switch import SwitchError, SwitchSilent
from telephony.states import Leg
from telephony.wire import CallEvent
from tests.adapter.django import Answer
from tests.adapter.rig import Rig


def seconds_left(rig: Rig, call_id: str, granted: int) -> list[int]:
    """The seconds left of `granted` at which Django was asked."""
    asked = rig.django.of(call_id, "progress")
    return [round(granted - int(event.metadata["elapsed_ms"]) / 1000) for event in asked]


async def test_more_is_asked_for_when_ninety_seconds_are_left_and_the_call_goes_on(rig: Rig) -> None:
    call_id = await rig.joined(granted_seconds=180)
    rig.django.grant = (270, False)
    await asyncio.sleep(95)
    assert seconds_left(rig, call_id, 180) == [90]
    assert (await rig.get(f"/call/{call_id}"))[1]["granted_seconds"] == 270
    rig.django.grant = (300, True)
    ending = await rig.django.ending(call_id)
    assert ending.metadata["why"] == "credit_exhausted"
    assert int(ending.metadata["joined_ms"]) == 300_000


async def test_a_switch_that_joins_without_answering_has_joined(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its events say that both are in the bridge: talk counts, whatever became of the answer to our request."""
    add = rig.switch.add_to_bridge

    async def add_silently(bridge: str, channels: list[str]) -> None:
        await add(bridge, channels)
        raise SwitchSilent("addChannel: no answer in 3 s")

    monkeypatch.setattr(rig.switch, "add_to_bridge", add_silently)
    call_id = await rig.originate(granted_seconds=60)
    ending = await rig.django.ending(call_id)
    assert (ending.metadata["why"], ending.metadata["joined_ms"]) == ("not_renewed", "60000")


async def test_without_an_answer_it_is_asked_every_five_seconds_and_the_end_comes_in_time(rig: Rig) -> None:
    call_id = await rig.originate(granted_seconds=120)
    rig.django.answers = lambda event: None if event.state == "progress" else rig.django.answer(event)
    asked: list[float] = []

    def deaf(event: CallEvent) -> Answer | None:
        if event.state != "progress":
            return rig.django.answer(event)
        asked.append(120 - int(event.metadata["elapsed_ms"]) / 1000)
        return None

    rig.django.answers = deaf
    ending = await rig.django.ending(call_id)
    assert int(ending.metadata["joined_ms"]) == 120_000
    assert [round(left) for left in asked] == list(range(90, 0, -5))
    assert ending.metadata["why"] == "not_renewed", "the balance is not the reason"


async def test_a_question_that_django_refuses_ends_the_call_for_that_reason(rig: Rig) -> None:
    call_id = await rig.joined(granted_seconds=60)
    refused = (422, {"ok": False, "error": "elapsed_ms: unusable"})
    rig.django.answers = lambda event: refused if event.state == "progress" else rig.django.answer(event)
    ending = await rig.django.ending(call_id)
    assert (ending.metadata["why"], ending.metadata["joined_ms"]) == ("not_renewed", "60000")


async def test_an_unrenewed_call_that_ended_without_us_is_told_by_the_record(rig: Rig) -> None:
    call_id = await rig.joined(granted_seconds=60)
    await rig.kill()
    await asyncio.sleep(60.5)
    await rig.hang_up(call_id, Leg.CUSTOMER)
    await rig.start()
    assert (await rig.django.ending(call_id)).metadata["why"] == "not_renewed"


async def test_after_a_final_grant_it_is_still_asked_at_60_15_and_5_seconds_left(rig: Rig) -> None:
    call_id = await rig.originate(granted_seconds=100, final=True)
    rig.django.grant = (100, True)
    await rig.django.ending(call_id)
    assert seconds_left(rig, call_id, 100) == [60, 15, 5]


async def test_money_that_came_in_mid_call_is_found_by_the_last_question(rig: Rig) -> None:
    call_id = await rig.originate(granted_seconds=60, final=True)
    rig.django.grant = (60, True)
    await rig.django.wait(call_id, "started")
    await asyncio.sleep(50)
    rig.django.grant = (120, True)
    ending = await rig.django.ending(call_id)
    assert int(ending.metadata["joined_ms"]) == 120_000


async def test_a_smaller_grant_changes_nothing(rig: Rig) -> None:
    call_id = await rig.joined(granted_seconds=60, final=True)
    rig.django.grant = (30, True)
    assert (await rig.extend(call_id, 10, final=True))[1] == {
        "ok": True,
        "granted_seconds": 60,
        "final": True,
    }
    ending = await rig.django.ending(call_id)
    assert int(ending.metadata["joined_ms"]) == 60_000


async def test_warnings_are_whispered_to_the_customer_alone(rig: Rig) -> None:
    call_id = await rig.joined(granted_seconds=70, final=True)
    await rig.django.ending(call_id)
    whispers = [(name, media) for name, media in rig.switch.played if "warning" in media]
    customer = f"{call_id}-cust"
    assert whispers == [
        (customer, "sound:aeims/common/warning-60"),
        (customer, "sound:aeims/common/warning-15"),
    ]


async def test_without_our_sounds_the_warning_is_a_tone(rig: Rig) -> None:
    rig.switch._sounds = frozenset()
    call_id = await rig.joined(granted_seconds=20, final=True)
    await rig.django.ending(call_id)
    assert list(rig.switch.played) == [(f"{call_id}-cust", "tone:1000")]
    assert await rig.is_gone(call_id)


async def test_an_extended_call_is_not_warned(rig: Rig) -> None:
    call_id = await rig.joined(granted_seconds=180)
    rig.django.grant = (400, False)
    await asyncio.sleep(170)
    await rig.ask_hangup(call_id, "customer")
    await rig.django.ending(call_id)
    assert not [media for _, media in rig.switch.played if "warning" in media]


async def test_a_grant_that_nobody_extends_is_warned_of_although_it_is_not_final(rig: Rig) -> None:
    call_id = await rig.originate(granted_seconds=100)
    rig.django.answers = lambda event: None if event.state == "progress" else rig.django.answer(event)
    await rig.django.ending(call_id)
    warnings = [media for _, media in rig.switch.played if "warning" in media]
    assert warnings == ["sound:aeims/common/warning-60", "sound:aeims/common/warning-15"]


async def test_a_call_that_django_does_not_know_is_hung_up(rig: Rig) -> None:
    rig.django.answers = lambda event: (404, {"ok": False, "error": "unknown call_id"})
    call_id = await rig.originate()
    assert rig.running is not None
    await rig.running.adapter.settled()
    await rig.running.adapter.reporter.drained(call_id)
    ending = (await rig.get(f"/call/{call_id}"))[1]["ending"]
    assert (ending["state"], ending["metadata"]["ended_by"]) == ("failed", "platform")
    assert await rig.is_gone(call_id)
    assert rig.running.adapter.health()["refused_events"] == 2, "kept for people to look at"


async def test_a_joined_call_that_django_has_forgotten_is_hung_up(rig: Rig) -> None:
    call_id = await rig.joined(granted_seconds=100)
    rig.django.answers = lambda event: (404, {"ok": False, "error": "unknown call_id"})
    await asyncio.sleep(15)
    ending = (await rig.get(f"/call/{call_id}"))[1]["ending"]
    assert (ending["state"], ending["metadata"]["ended_by"]) == ("ended", "platform")


async def test_both_legs_have_a_limit_in_the_switch_before_they_are_joined(rig: Rig) -> None:
    call_id = await rig.joined(granted_seconds=60, final=True)
    legs = [rig.switch.channels[f"{call_id}-{leg}"] for leg in ("cust", "op")]
    assert [leg.variables[LIMIT] for leg in legs] == ["63", "63"]
    assert [leg.variables["AEIMS_PEER"] for leg in legs] == [legs[1].name, legs[0].name]
    assert all(leg.variables[HANGUP_HANDLER] == "aeims-hh,s,1" for leg in legs)
    await asyncio.sleep(20)
    await rig.extend(call_id, 100, final=True)
    await asyncio.sleep(1)
    assert [leg.variables[LIMIT] for leg in legs] == ["83", "83"], "counted from the moment of setting"


async def test_a_limit_that_cannot_be_moved_is_tried_again_and_the_old_end_holds(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    call_id = await rig.joined(granted_seconds=30, final=True)
    tries = 0

    async def refuse(*_: str) -> None:
        nonlocal tries
        tries += 1
        raise SwitchError("409")

    monkeypatch.setattr(rig.switch, "set_variable", refuse)
    await rig.extend(call_id, 90, final=True)
    ending = await rig.django.ending(call_id)
    assert int(ending.metadata["joined_ms"]) == 30_000, "never beyond what the switch itself would allow"
    assert tries > 20


async def test_a_failing_switch_request_while_joining_fails_the_call_and_frees_both(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object) -> None:
        raise RuntimeError("a defect of ours")

    monkeypatch.setattr(rig.switch, "add_to_bridge", refuse)
    call_id = await rig.originate()
    ending = await rig.django.ending(call_id)
    assert (ending.state, ending.metadata["ended_by"]) == ("failed", "network")
    assert await rig.is_gone(call_id)


async def test_the_reason_is_spoken_after_django_has_been_told(rig: Rig) -> None:
    call_id = await rig.originate(operator="+19996000000")
    await rig.django.ending(call_id)
    assert f"{call_id}-cust" in rig.switch.channels, "the announcement still plays"
    assert (await rig.get(f"/call/{call_id}"))[1]["state"] == "over"
    assert await rig.is_gone(call_id)
    assert rig.switch.played[-1] == (f"{call_id}-cust", "sound:aeims/common/operator-busy")


async def test_a_key_counts_while_the_prompt_plays_and_stops_it(rig: Rig) -> None:
    long_prompt = {"ask": [f"numbers/{number}" for number in range(40)]}
    call_id = await rig.originate(operator__prompts=long_prompt)
    started = await rig.django.wait(call_id, "started")
    answered = rig.django.of(call_id, "answered")[1]
    assert started.ts - answered.ts < 3, "the phone pressed 1 two seconds after its answer"


@pytest.mark.parametrize("whose", ["adapter", "switch"])
@pytest.mark.parametrize("step", [3600.0, -3600.0])
async def test_a_clock_step_of_an_hour_in_mid_call_changes_nothing(rig: Rig, whose: str, step: float) -> None:
    call_id = await rig.joined(granted_seconds=100, final=True)
    await asyncio.sleep(20)
    setattr(rig, f"{'clock' if whose == 'adapter' else whose}_step", step)
    await asyncio.sleep(20)
    await rig.hang_up(call_id, Leg.CUSTOMER)
    metadata = (await rig.django.ending(call_id)).metadata
    assert int(metadata["joined_ms"]) == pytest.approx(40_000, abs=200)
    assert float(metadata["left_at"]) - float(metadata["joined_at"]) == pytest.approx(40, abs=0.2)
    if whose == "switch":
        assert int(metadata["clock_difference_ms"]) == pytest.approx(3_600_000, abs=200)
    else:
        assert "clock_difference_ms" not in metadata


async def test_without_the_hang_up_handler_the_adapter_takes_the_other_party_down(rig: Rig) -> None:
    rig.switch._has_handler = False
    call_id = await rig.joined()
    await rig.hang_up(call_id, Leg.OPERATOR)
    ending = await rig.django.ending(call_id)
    assert (ending.metadata["why"], ending.metadata["ended_by"]) == ("hangup", "operator")
    assert await rig.is_gone(call_id)


async def test_the_switch_ends_the_call_by_its_own_limit_when_our_timer_does_not(rig: Rig) -> None:
    call_id = await rig.joined(granted_seconds=30, final=True)
    assert rig.running is not None
    rig.running.adapter.calls[call_id].grants.applied = 1000
    ending = await rig.django.ending(call_id)
    assert (ending.metadata["why"], ending.metadata["ended_by"]) == ("safety_limit", "platform")
    assert int(ending.metadata["joined_ms"]) == pytest.approx(33_000, abs=50)


def offering(rig: Rig, event: CallEvent) -> Answer:
    """What Django says where funds can be added by a key."""
    status, body = rig.django.answer(event)
    return status, body | ({"add_funds": ["numbers/20"]} if event.metadata.get("may_offer") else {})


async def pressed_unheard(rig: Rig) -> str:
    """A call whose customer pressed the key, of which Django takes no notice."""
    tries: list[CallEvent] = []

    def answer(event: CallEvent) -> Answer | None:
        if event.state != "add_funds":
            return offering(rig, event)
        tries.append(event)
        return None

    rig.django.answers = answer
    call_id = await rig.joined(granted_seconds=70, final=True)
    await asyncio.sleep(12)
    await rig.press(call_id, Leg.CUSTOMER, "5")
    await asyncio.sleep(3)
    assert [event.call_id for event in tries] == [call_id]
    return call_id


async def test_a_key_outlives_the_adapter_and_is_the_same_event(rig: Rig) -> None:
    call_id = await pressed_unheard(rig)
    await rig.kill()
    rig.django.answers = rig.django.answer
    await rig.start()
    await asyncio.sleep(5)
    assert len({event.event_id for event in rig.django.events if event.state == "add_funds"}) == 1
    assert rig.running is not None
    assert rig.running.adapter.reporter.undelivered == 0
    assert (await rig.get(f"/call/{call_id}"))[1]["state"] == "joined"


async def test_a_key_that_nobody_was_told_of_is_worth_nothing_once_the_call_is_over(rig: Rig) -> None:
    call_id = await pressed_unheard(rig)
    await rig.hang_up(call_id, Leg.CUSTOMER)
    rig.django.answers = rig.django.answer
    await rig.django.ending(call_id)
    assert not rig.django.of(call_id, "add_funds")


async def test_funds_are_offered_once_for_each_grant_and_not_at_the_last_moment(rig: Rig) -> None:
    rig.django.answers = lambda event: offering(rig, event)
    call_id = await rig.joined(granted_seconds=70, final=True, warn_at_seconds=[60, 15, 8])
    await asyncio.sleep(68)
    offers = [
        at for at, event in enumerate(rig.django.of(call_id, "progress")) if "may_offer" in event.metadata
    ]
    assert offers == [0]
    await rig.extend(call_id, 88, final=True)
    await rig.django.ending(call_id)
    assert sum("numbers/20" in media for _, media in rig.switch.played) == 2


async def test_money_that_comes_while_the_customer_is_warned_ends_the_warning(rig: Rig) -> None:
    rig.django.answers = lambda event: offering(rig, event)
    call_id = await rig.joined(granted_seconds=62, final=True)
    await asyncio.sleep(3)
    await rig.extend(call_id, 300, final=False)
    await asyncio.sleep(0.2)
    await rig.press(call_id, Leg.CUSTOMER, "5")
    await asyncio.sleep(20)
    assert not rig.django.of(call_id, "add_funds"), "what was offered is no longer asked for"
    assert await rig.keys_heard(call_id, Leg.OPERATOR) == "5"


@pytest.mark.parametrize("state", ["joined", "over", "unknown"])
async def test_what_django_has_said_is_heard_by_who_talks(rig: Rig, state: str) -> None:
    call_id = await rig.joined() if state != "unknown" else "call_1_abcdef"
    if state == "over":
        await rig.hang_up(call_id, Leg.CUSTOMER)
        await rig.django.ending(call_id)
    status, _ = await rig.post(f"/call/{call_id}/say", {"sounds": ["common/card-declined"]})
    assert status == {"joined": 202, "over": 409, "unknown": 404}[state]
    assert (await rig.post(f"/call/{call_id}/say", {"sounds": ["../x"]}))[0] == 422
    await asyncio.sleep(1)
    heard = [who for who, media in rig.switch.played if "card-declined" in media]
    assert heard == ([f"{call_id}-cust"] if state == "joined" else [])


async def test_a_call_ends_at_its_end_time_with_warnings_and_the_switch_knows(rig: Rig) -> None:
    ends_at = rig.wall() + 130.5
    call_id = await rig.originate(granted_seconds=180, ends_at=ends_at)
    ending = await rig.django.ending(call_id)
    assert ending.metadata["why"] == "credit_exhausted"
    assert 0 <= float(ending.metadata["left_at"]) - ends_at <= 1
    joined_at = float(ending.metadata["joined_at"])
    asked = [
        round(joined_at + int(e.metadata["elapsed_ms"]) / 1000 - ends_at)
        for e in rig.django.of(call_id, "progress")
    ]
    assert asked == [-60, -15, -5]


async def test_an_end_time_that_is_told_while_they_talk_holds_and_a_later_one_does_not(rig: Rig) -> None:
    call_id = await rig.joined(granted_seconds=180)
    ends_at = rig.wall() + 70
    for told in (ends_at, ends_at + 40):
        body = {"granted_seconds": 180, "final": False, "ends_at": told}
        assert (await rig.post(f"/call/{call_id}/extend", body))[0] == 200
    await asyncio.sleep(1)
    rig.django.grant = (600, False)
    ending = await rig.django.ending(call_id)
    assert 0 <= float(ending.metadata["left_at"]) - ends_at <= 1


async def test_an_end_time_outlives_the_adapter(rig: Rig) -> None:
    ends_at = rig.wall() + 100
    call_id = await rig.joined(granted_seconds=180, ends_at=ends_at)
    await rig.kill()
    await asyncio.sleep(20)
    await rig.start()
    ending = await rig.django.ending(call_id)
    assert 0 <= float(ending.metadata["left_at"]) - ends_at <= 1


async def test_without_an_adapter_the_switch_ends_the_call_three_seconds_later(rig: Rig) -> None:
    ends_at = rig.wall() + 60
    call_id = await rig.joined(granted_seconds=180, ends_at=ends_at)
    await asyncio.sleep(1)
    await rig.kill()
    await asyncio.sleep(90)
    await rig.start()
    ending = await rig.django.ending(call_id)
    assert ending.metadata["why"] == "credit_exhausted"
    assert 0 <= float(ending.metadata["left_at"]) - ends_at <= 4
