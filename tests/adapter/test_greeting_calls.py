"""A call that records a greeting: what the phone hears, what web is told, and that nothing stays on the switch."""

import asyncio
import wave
from io import BytesIO
from typing import Any

import pytest

from telephony.adapter.greeting_calls import ASK_TIMES, TAKES
from telephony.adapter.one_phone import AT_ONCE, RING_SECONDS
from telephony.adapter.switch import Kind
from telephony.greeting_wire import GREETING_ID_PATTERN, MAX_SECONDS
from telephony.prompts import greeting_prompts
from telephony.states import GreetingCallEnd as End
from telephony.states import GreetingCallState as State
from tests.adapter.rig import PLATFORM, Rig, phone

TONE = "tone:1000"
NAMES = {prompt: [f"sound:aeims/{name}" for name in names] for prompt, names in greeting_prompts().items()}


def asked(rig: Rig, number: str = phone(1), serial: int = 1, **changes: Any) -> dict[str, Any]:
    whole = {
        "greeting_id": f"greeting_1750000000_{serial:06x}",
        "number": number,
        "caller_id": PLATFORM,
        "prompts": greeting_prompts(),
        "not_after": rig.wall() + 10,
    }
    assert GREETING_ID_PATTERN.fullmatch(str(whole["greeting_id"]))
    return whole | changes


async def started(rig: Rig, number: str = phone(1)) -> str:
    plan = asked(rig, number)
    assert await rig.post("/greeting", plan) == (202, {"ok": True, "node": "test"})
    return str(plan["greeting_id"])


async def told(rig: Rig, state: State) -> None:
    async with asyncio.timeout(120):
        while not any(event.state is state for event in rig.django.greetings):
            await asyncio.sleep(0.05)


def heard(rig: Rig) -> list[str]:
    return [sound for _, sound in rig.switch.played]


def seconds_of(sound: bytes) -> float:
    with wave.open(BytesIO(sound)) as file:
        return file.getnframes() / file.getframerate()


def nothing_is_left(rig: Rig) -> bool:
    return not rig.switch.channels and not rig.switch.stored


async def test_what_is_kept_by_1_reaches_web_once_and_leaves_nothing_behind(rig: Rig) -> None:
    name = await started(rig)
    end = await rig.django.greeting_end()
    assert (end.state, end.why) == (State.KEPT, None)
    assert seconds_of(end.sound) == pytest.approx(4, abs=0.1)
    assert heard(rig) == [
        *NAMES["ask"], TONE, *NAMES["review"], f"recording:{name}", *NAMES["choose"], *NAMES["kept"]
    ]  # fmt: skip
    assert [event.state for event in rig.django.greetings] == [State.RECORDING, State.REVIEWING, State.KEPT]
    assert [event.sequence for event in rig.django.greetings] == [1, 2, 3]
    assert await rig.post("/greeting", asked(rig)) == (202, {"ok": True, "node": "test"})
    await asyncio.sleep(60)
    assert len(rig.django.greetings) == 3, "a repeated request is the same call"
    assert rig.django.events == []
    assert nothing_is_left(rig)


async def test_who_presses_nothing_is_recorded_for_so_long_and_asked_twice(rig: Rig) -> None:
    await started(rig, phone(0))
    end = await rig.django.greeting_end()
    assert (end.state, end.why, end.sound) == (State.ENDED, End.NO_KEY, b"")
    assert heard(rig).count(*NAMES["choose"]) == ASK_TIMES
    assert heard(rig)[-1:] == NAMES["given_up"]
    assert nothing_is_left(rig)


async def test_2_records_again_and_only_the_last_take_is_kept(rig: Rig) -> None:
    name = await started(rig, phone(0))
    await told(rig, State.REVIEWING)
    rig.switch.press(name, "5")  # means nothing
    rig.switch.press(name, "2")
    await asyncio.sleep(10)
    assert heard(rig).count(TONE) == 2
    rig.switch._finish_recording(rig.switch.channels[name])
    await asyncio.sleep(1)
    rig.switch.press(name, "1")
    end = await rig.django.greeting_end()
    assert end.state is State.KEPT
    assert 1 < seconds_of(end.sound) < MAX_SECONDS
    assert nothing_is_left(rig)


@pytest.mark.parametrize("moment", [State.RECORDING, State.REVIEWING])
async def test_a_hang_up_before_1_keeps_nothing(rig: Rig, moment: State) -> None:
    name = await started(rig, phone(0))
    await told(rig, moment)
    await asyncio.sleep(8 if moment is State.RECORDING else 1)
    rig.switch.party_hangs_up(name)
    end = await rig.django.greeting_end()
    assert (end.state, end.why, end.sound) == (State.ENDED, End.HUNG_UP, b"")
    assert nothing_is_left(rig)


async def test_a_hang_up_after_1_keeps_it(rig: Rig) -> None:
    name = await started(rig, phone(0))
    await told(rig, State.REVIEWING)
    rig.switch.press(name, "1")
    await asyncio.sleep(0.1)
    rig.switch.party_hangs_up(name)
    assert (await rig.django.greeting_end()).state is State.KEPT


async def test_what_is_too_short_is_said_and_recorded_again_a_few_times(rig: Rig) -> None:
    name = await started(rig, phone(0))
    for take in range(1, TAKES + 1):
        while name not in rig.switch.channels or rig.switch.channels[name].finish_recording is None:
            await asyncio.sleep(0.05)
        assert heard(rig).count(*NAMES["too_short"]) == take - 1
        await asyncio.sleep(0.5)
        rig.switch._finish_recording(rig.switch.channels[name])
    end = await rig.django.greeting_end()
    assert (end.state, end.why) == (State.ENDED, End.TOO_SHORT)
    assert nothing_is_left(rig)


@pytest.mark.parametrize(
    ("number", "why"), [(phone(6), End.BUSY), (phone(8), End.NO_ANSWER), (phone(9), End.UNREACHABLE)]
)
async def test_a_phone_that_is_not_answered_is_told_why(rig: Rig, number: str, why: End) -> None:
    await started(rig, number)
    end = await rig.django.greeting_end(RING_SECONDS + 10)
    assert (end.state, end.why) == (State.ENDED, why)
    assert heard(rig) == []


async def test_the_end_is_told_again_until_web_takes_it(rig: Rig) -> None:
    rig.django.greeting_refusals = [(503, {}), (502, {}), (404, {})]  # a proxy's 404 is nobody's word
    await started(rig)
    end = await rig.django.greeting_end()
    assert end.state is State.KEPT
    assert nothing_is_left(rig), "it is not kept on the switch meanwhile"


async def test_what_web_refuses_is_told_once(rig: Rig) -> None:
    rig.django.greeting_refusals = [(404, {"ok": False, "error": "unknown greeting_id"})]
    await started(rig)
    await asyncio.sleep(120)
    assert [event.state for event in rig.django.greetings] == [State.RECORDING, State.REVIEWING]
    assert nothing_is_left(rig)


async def test_a_switch_that_cannot_record_ends_the_call(rig: Rig) -> None:
    name = await started(rig, phone(0))
    while name not in rig.switch.channels or rig.switch.channels[name].finish_recording is None:
        await asyncio.sleep(0.05)
    rig.switch._emit(Kind.RECORDING_FAILED, rig.switch.channels[name])
    assert (await rig.django.greeting_end()).why is End.FAILED


async def test_what_a_crash_left_is_deleted_at_the_next_start(rig: Rig) -> None:
    rig.switch.stored = {"greeting_1750000000_0000ff": b"RIFF", "somebody-elses": b"RIFF"}
    await rig.kill()
    await rig.start()
    await asyncio.sleep(0.5)
    assert list(rig.switch.stored) == ["somebody-elses"]


async def test_a_stopped_adapter_leaves_no_phone_and_no_recording(rig: Rig) -> None:
    await started(rig, phone(0))
    await told(rig, State.REVIEWING)
    await rig.stop()
    assert nothing_is_left(rig)


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"number": "+442071234567"}, 422, "number_not_allowed"),
        ({"not_after": 0}, 409, "expired"),
        ({"prompts": {}}, 422, "prompts: lists of sound names"),
        ({"number": "2125550100"}, 422, "number and caller_id: E.164"),
        ({"greeting_id": "call_1_abcdef"}, 422, "greeting_id: not the id of a greeting call"),
    ],
)
async def test_what_must_not_be_called_is_refused(
    rig: Rig, changes: dict[str, Any], status: int, error: str
) -> None:
    assert await rig.post("/greeting", asked(rig, **changes)) == (status, {"ok": False, "error": error})


async def test_only_so_many_at_once_and_only_with_the_key(rig: Rig) -> None:
    assert (await rig.post("/greeting", asked(rig), key="wrong"))[0] == 401
    for serial in range(AT_ONCE):
        assert (await rig.post("/greeting", asked(rig, phone(8), serial)))[0] == 202
    assert (await rig.post("/greeting", asked(rig, phone(8), AT_ONCE)))[1]["error"] == "full"
