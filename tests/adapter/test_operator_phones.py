"""Which ending lets an operator's next phone ring, for how long each rings, and that no phone is taken for another."""

import asyncio
import json
from typing import Any

import pytest

from telephony.adapter.ring_back import RingBack
from telephony.adapter.switch import Kind, SwitchError
from telephony.call_plan import parse_originate
from tests.adapter.contract_phones import (
    NEVER_ANSWERS,
    NEXT_AFTER_SECONDS,
    RING_SECONDS,
    VOICEMAIL,
    phone_rings,
    rings_in_turn,
    told,
)
from tests.adapter.contract_steps import ANSWERED, DIALLED, JOINED
from tests.adapter.rig import ACCEPTS, Rig, phone


def pressed(rig: Rig, call_id: str, keys: str) -> None:
    for key in keys:
        rig.switch.press(f"{call_id}-op", key)


async def answered(rig: Rig, call_id: str, which: int) -> None:
    async with asyncio.timeout(60):
        while len(told(rig, call_id, ANSWERED)) < which:
            await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    "first", [phone(6), phone(9), NEVER_ANSWERS, VOICEMAIL], ids=["busy", "off", "no answer", "voicemail"]
)
async def test_the_next_phone_rings_where_nobody_took_the_call(rig: Rig, first: str) -> None:
    call_id = await rings_in_turn(rig, first, ACCEPTS)
    await rig.django.wait(call_id, JOINED)
    assert [channel.number for channel in rig.switch.channels.values() if channel.channel_id.endswith("-op")] == [
        f"{ACCEPTS}3"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("first", "keys", "why"),
    [
        (phone(7), "", "operator_declined"),
        (phone(0), "12", "operator_declined"),
        (phone(5, talk=2), "", "operator_declined"),
        (phone(0), "9", "operator_do_not_call"),
        (phone(0), "1", "operator_no_key"),
    ],
    ids=["declined", "2", "hung up", "9", "no second 1"],
)
async def test_who_decided_on_the_first_phone_is_rung_on_no_other(
    rig: Rig, first: str, keys: str, why: str
) -> None:
    call_id = await rings_in_turn(rig, first, ACCEPTS, operator__prompts={"offer": []})
    if keys:
        await answered(rig, call_id, 1)
        pressed(rig, call_id, keys)
    ending = await rig.django.ending(call_id)
    assert ending.metadata["why"] == why
    assert len(told(rig, call_id, DIALLED)) <= 1
    assert rig.switch.dialled_by.count(("carrier", f"{call_id}-op")) == 1
    assert await rig.is_gone(call_id)


async def test_a_9_tells_on_which_phone_it_was_pressed(rig: Rig) -> None:
    call_id = await rings_in_turn(rig, phone(6), phone(3))
    ending = await rig.django.ending(call_id)
    assert (ending.metadata["why"], ending.metadata["phone"]) == ("operator_do_not_call", "phone_2")


@pytest.mark.parametrize(
    ("phones", "rung"),
    [(2, [5, 15]), (3, [5, 5, 10]), (4, [5, 5, 5, 5])],
    ids=["two", "three", "four"],
)
async def test_all_phones_ring_within_one_limit_and_the_last_word_is_the_calls(
    rig: Rig, phones: int, rung: list[int]
) -> None:
    seconds: list[int] = []
    originate = rig.switch.originate

    async def noting(dial: Any) -> None:
        if dial.channel_id.endswith("-op"):
            seconds.append(dial.ring_seconds)
        await originate(dial)

    rig.switch.originate = noting
    call_id = await rings_in_turn(rig, *[NEVER_ANSWERS] * (phones - 1), phone(8, ring=2))
    ending = await rig.django.ending(call_id)
    first = rig.django.of(call_id, DIALLED)[1]
    assert (ending.state, ending.metadata["why"]) == ("no_answer", "operator_no_answer")
    assert seconds == rung
    assert RING_SECONDS - 1 <= ending.ts - first.ts <= RING_SECONDS + 1
    assert await rig.is_gone(call_id)


async def test_a_phone_for_which_no_time_is_left_is_not_rung(rig: Rig) -> None:
    call_id = await rings_in_turn(rig, NEVER_ANSWERS, NEVER_ANSWERS, ACCEPTS, operator__ring_seconds=12)
    ending = await rig.django.ending(call_id)
    assert ending.metadata["why"] == "operator_no_answer"
    assert rig.switch.dialled_by.count(("carrier", f"{call_id}-op")) == 2


async def test_what_the_first_phone_did_late_is_not_taken_for_the_second(rig: Rig) -> None:
    """A 1 while its channel is being taken down: the second phone is answered and presses nothing."""
    hangup = rig.switch.hangup

    async def pressing_before_it_is_gone(channel_id: str) -> None:
        if channel_id.endswith("-op"):
            pressed(rig, channel_id.removesuffix("-op"), "11")
        await hangup(channel_id)

    rig.switch.hangup = pressing_before_it_is_gone
    call_id = await rings_in_turn(rig, VOICEMAIL, VOICEMAIL, operator__prompts={"offer": []})
    ending = await rig.django.ending(call_id)
    assert ending.metadata["why"] == "operator_no_key"
    assert not rig.django.of(call_id, JOINED)
    assert len(told(rig, call_id, ANSWERED)) == 2


async def test_a_9_on_the_first_phone_while_it_is_taken_down_ends_the_call(rig: Rig) -> None:
    hangup = rig.switch.hangup

    async def forbidding_it(channel_id: str) -> None:
        if channel_id.endswith("-op"):
            pressed(rig, channel_id.removesuffix("-op"), "9")
        await hangup(channel_id)

    rig.switch.hangup = forbidding_it
    call_id = await rings_in_turn(rig, VOICEMAIL, ACCEPTS)
    ending = await rig.django.ending(call_id)
    assert (ending.metadata["why"], ending.metadata["phone"]) == ("operator_do_not_call", "phone_1")
    assert rig.switch.dialled_by.count(("carrier", f"{call_id}-op")) == 1


@pytest.mark.parametrize("is_refused", [True, False], ids=["refused", "no word of its end"])
async def test_no_phone_is_dialed_while_the_one_before_may_be_there(rig: Rig, is_refused: bool) -> None:
    """The hang-up of the first phone fails, or the switch never says that its channel is gone."""
    hangup, emit = rig.switch.hangup, rig.switch._emit
    is_first = True

    async def failing(channel_id: str) -> None:
        nonlocal is_first
        if channel_id.endswith("-op") and is_first and is_refused:
            is_first = False
            raise SwitchError("500")
        await hangup(channel_id)

    def swallowing(kind: Kind, channel: Any, **more: Any) -> None:
        if is_refused or kind is not Kind.DESTROYED or not channel.channel_id.endswith("-op"):
            emit(kind, channel, **more)

    rig.switch.hangup, rig.switch._emit = failing, swallowing
    call_id = await rings_in_turn(rig, VOICEMAIL, ACCEPTS)
    ending = await rig.django.ending(call_id)
    assert ending.metadata["why"] == "operator_no_key"
    assert rig.switch.dialled_by.count(("carrier", f"{call_id}-op")) == 1
    assert await rig.is_gone(call_id)


async def test_the_customer_hears_ring_back_through_all_phones(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    stops: list[int] = []
    stop = RingBack.stop

    async def counting(self: RingBack) -> None:
        stops.append(len(rig.switch.dialled_by))
        await stop(self)

    monkeypatch.setattr(RingBack, "stop", counting)
    call_id = await rings_in_turn(rig, NEVER_ANSWERS, ACCEPTS)
    await rig.django.wait(call_id, JOINED)
    assert stops == [3], "once, after the last phone was dialed"


async def test_an_accept_on_the_page_holds_for_the_next_phone(rig: Rig) -> None:
    call_id = await rings_in_turn(rig, NEVER_ANSWERS, phone(0), operator__prompts={"offer": []})
    await phone_rings(rig, call_id, 1)
    assert (await rig.post(f"/call/{call_id}/accept", {}))[0] == 202
    await answered(rig, call_id, 1)
    pressed(rig, call_id, "1")
    await rig.django.wait(call_id, JOINED)


async def test_the_customers_limit_in_the_switch_covers_all_phones(rig: Rig) -> None:
    limits = []
    for others in ([], [ACCEPTS] * 3):
        call_id = await rings_in_turn(rig, NEVER_ANSWERS, *others)
        await phone_rings(rig, call_id, 1)
        limits.append(int(rig.switch.channels[f"{call_id}-cust"].variables["TIMEOUT(absolute)"]))
    assert limits[1] - limits[0] >= 3 * 70, "three more phones, each asked twice"


async def test_no_number_of_a_phone_is_written_down(rig: Rig) -> None:
    call_id = await rings_in_turn(rig, NEVER_ANSWERS, phone(3))
    await rig.django.ending(call_id)
    await rig.stop()
    written = b"".join(path.read_bytes() for path in rig.directory.rglob("*.journal"))
    assert written
    assert b"1999" not in written
    assert not [body for body in rig.django.bodies if b"1999" in body]


async def test_every_number_must_be_one_that_is_dialed(rig: Rig) -> None:
    plan = rig.plan()
    plan["operator"]["next_numbers"] = ["+19005550123"]
    assert await rig.post("/call/originate", plan) == (422, {"ok": False, "error": "number_not_allowed"})


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"operator__next_numbers": ["911"]}, "operator.next_numbers"),
        ({"operator__next_numbers": [ACCEPTS] * 4}, "operator.next_numbers"),
        ({"operator__next_numbers": ACCEPTS}, "operator.next_numbers"),
        ({"customer__next_numbers": [ACCEPTS]}, "customer.next_numbers"),
        ({"operator__next_after_seconds": 4}, "operator.next_after_seconds"),
        ({"operator__next_after_seconds": True}, "operator.next_after_seconds"),
        ({"operator__phones": ["phone_1", "phone_2"]}, "operator.phones"),
        ({"operator__phones": [ACCEPTS]}, "operator.phones"),
    ],
)
async def test_a_plan_says_how_several_phones_ring_or_is_refused(
    rig: Rig, changes: dict[str, Any], field: str
) -> None:
    status, answer = await rig.post("/call/originate", rig.plan(**changes))
    assert (status, answer["error"].partition(":")[0]) == (422, field)
    assert "1999" not in answer["error"]


async def test_a_plan_of_an_older_web_has_one_phone_for_all_of_the_ring_limit(rig: Rig) -> None:
    plan = parse_originate(json.dumps(rig.plan()).encode())
    assert (plan.operator.next_numbers, plan.operator.phones) == ((), ())
    assert plan.operator.on(0, plan.operator.ring_seconds) == plan.operator


async def test_what_web_sends_is_what_the_adapter_reads(rig: Rig) -> None:
    sent = rig.plan(
        operator__next_numbers=[ACCEPTS],
        operator__next_after_seconds=NEXT_AFTER_SECONDS,
        operator__phones=["phone_7", "phone_12"],
    )
    plan = parse_originate(json.dumps(sent).encode())
    assert parse_originate(json.dumps(plan.to_dict()).encode()) == plan
    second = plan.operator.on(1, 9)
    assert (second.number, second.ring_seconds, second.phones) == (ACCEPTS, 9, ("phone_12",))
    assert "next_numbers" not in repr(plan)
