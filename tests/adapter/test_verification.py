"""A call that speaks a code: one phone rings, hears it, and is hung up; nothing else happens, nothing is told."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from telephony.adapter.one_phone import AT_ONCE, RING_SECONDS
from telephony.call_plan import VERIFICATION_ID_PATTERN
from telephony.prompts import phone_test_prompts, verification_prompts
from tests.adapter.rig import PLATFORM, Rig, phone

CODE = "305917"
DIGITS = [f"sound:aeims/numbers/{digit}" for digit in CODE]


def asked(rig: Rig, number: str = phone(0), serial: int = 1, **changes: Any) -> dict[str, Any]:
    whole = {
        "verification_id": f"verify_1750000000_{serial:06x}",
        "number": number,
        "caller_id": PLATFORM,
        "sounds": verification_prompts(CODE),
        "not_after": rig.wall() + 10,
    }
    assert VERIFICATION_ID_PATTERN.fullmatch(str(whole["verification_id"]))
    return whole | changes


async def test_the_phone_hears_the_code_twice_and_is_hung_up(rig: Rig) -> None:
    assert await rig.post("/verification", asked(rig)) == (202, {"ok": True, "node": "test"})
    await asyncio.sleep(60)
    heard = [sound for _, sound in rig.switch.played]
    assert heard == [
        "sound:aeims/common/your-code-is",
        *DIGITS,
        "sound:aeims/common/once-more",
        *DIGITS,
        "sound:aeims/common/goodbye",
    ]
    assert rig.switch.channels == {}
    assert rig.django.events == []


async def test_what_became_of_it_can_be_asked(rig: Rig) -> None:
    wanted = asked(rig)
    await rig.post("/verification", wanted)
    where = f"/verification/{wanted['verification_id']}"
    assert await rig.get(where) == (200, {"ok": True, "state": "ringing", "cause": None})
    await asyncio.sleep(60)
    assert await rig.get(where) == (200, {"ok": True, "state": "spoken", "cause": None})
    busy = asked(rig, phone(6), serial=2)
    await rig.post("/verification", busy)
    await asyncio.sleep(2)
    status, answer = await rig.get(f"/verification/{busy['verification_id']}")
    assert (status, answer["state"], answer["cause"]) == (200, "not_reached", 17)
    assert (await rig.get("/verification/verify_1_aaaaaa"))[0] == 404


@pytest.mark.parametrize(("number", "after"), [(phone(6), 1), (phone(7), 1), (phone(8), RING_SECONDS + 1)])
async def test_a_phone_that_does_not_answer_hears_nothing(rig: Rig, number: str, after: float) -> None:
    await rig.post("/verification", asked(rig, number))
    await asyncio.sleep(after)
    assert list(rig.switch.played) == []
    assert rig.switch.channels == {}


async def test_who_hangs_up_early_is_not_rung_again(rig: Rig) -> None:
    await rig.post("/verification", asked(rig, phone(0, talk=2)))
    await asyncio.sleep(20)
    await rig.post("/verification", asked(rig, phone(0, talk=2)))
    await asyncio.sleep(20)
    assert len([sound for _, sound in rig.switch.played if sound.endswith("goodbye")]) == 1
    assert rig.switch.channels == {}


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"number": "+19005550100"}, 422, "number_not_allowed"),
        ({"number": "+442071234567"}, 422, "number_not_allowed"),
        ({"not_after": 0}, 409, "expired"),
        ({"sounds": ["../etc/passwd"]}, 422, "sounds: 1 to 60 sound names"),
        ({"sounds": []}, 422, "sounds: 1 to 60 sound names"),
        ({"number": "2125550100"}, 422, "number and caller_id: E.164"),
        ({"verification_id": "call_1_abcdef"}, 422, "verification_id: not a verification id"),
    ],
)
async def test_what_must_not_be_rung_is_refused(
    rig: Rig, changes: dict[str, Any], status: int, error: str
) -> None:
    assert await rig.post("/verification", asked(rig, **changes)) == (status, {"ok": False, "error": error})
    await asyncio.sleep(5)
    assert list(rig.switch.played) == []


async def test_only_so_many_at_once(rig: Rig) -> None:
    for serial in range(AT_ONCE):
        assert (await rig.post("/verification", asked(rig, phone(8), serial)))[0] == 202
    assert await rig.post("/verification", asked(rig, phone(8), AT_ONCE)) == (
        503,
        {"ok": False, "error": "full"},
    )


async def test_it_wants_the_key(rig: Rig) -> None:
    assert (await rig.post("/verification", asked(rig), key="wrong"))[0] == 401


async def test_a_stopped_adapter_leaves_no_phone_ringing(rig: Rig) -> None:
    await rig.post("/verification", asked(rig, phone(8)))
    await asyncio.sleep(1)
    await rig.stop()
    assert rig.switch.channels == {}


async def test_what_simulated_phones_hear_is_in_a_file_and_in_no_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "heard.jsonl"
    async with Rig(tmp_path) as rig:
        rig.switch._heard_file = file
        await rig.start()
        await rig.post("/verification", asked(rig))
        await asyncio.sleep(30)
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert {line["number"] for line in lines} == {phone(0)}
    assert [line["sound"] for line in lines][1:7] == DIGITS
    assert not [record for record in caplog.records if "numbers/" in record.getMessage()]


def a_test_call(rig: Rig, number: str, serial: int = 1) -> dict[str, Any]:
    """A test call: it asks for a 1."""
    sounds, thanks = phone_test_prompts()
    return asked(rig, number, serial, sounds=sounds, key="1", thanks=thanks)


@pytest.mark.parametrize(
    ("number", "states", "heard"),
    [
        (phone(1), ["ringing", "speaking", "pressed"], ["test-call", "test-call-worked"]),
        (phone(5), ["ringing", "speaking", "no_key"], ["test-call"]),
        (phone(5, talk=1), ["ringing", "speaking", "no_key"], ["test-call"]),
        (phone(3), ["ringing", "speaking", "no_key"], ["test-call"]),
        (phone(8), ["ringing", "not_reached"], []),
    ],
    ids=["1", "voicemail", "hung up", "another key", "no answer"],
)
async def test_a_test_call_tells_whether_1_was_pressed(
    rig: Rig, number: str, states: list[str], heard: list[str]
) -> None:
    wanted = a_test_call(rig, number)
    assert (await rig.post("/verification", wanted))[0] == 202
    seen = []
    for _ in range(200):
        state = (await rig.get(f"/verification/{wanted['verification_id']}"))[1]["state"]
        if not seen or seen[-1] != state:
            seen.append(state)
        await asyncio.sleep(0.25)
    assert seen == states
    assert [sound for _, sound in rig.switch.played] == [f"sound:aeims/common/{name}" for name in heard]
    assert rig.switch.channels == {}


@pytest.mark.parametrize(
    "changes", [{"key": "11"}, {"key": 1}, {"key": "#"}, {"thanks": "x"}, {"thanks": ["A B"]}]
)
async def test_a_test_call_that_asks_for_no_key_of_a_phone_is_refused(
    rig: Rig, changes: dict[str, Any]
) -> None:
    assert (await rig.post("/verification", asked(rig, **changes)))[0] == 422
