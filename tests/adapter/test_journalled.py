"""What the adapter gives back to a web whose database has never seen its calls."""

import asyncio
from typing import Any

import pytest

from telephony.adapter import journalled
from telephony.adapter.call_store import CallStore
from telephony.states import Leg
from tests.adapter.rig import Rig

SEALED = "gAAAAABnobody-here-can_read-this=="


async def told(rig: Rig, query: str = "?seconds=600") -> dict[str, Any]:
    status, answer = await rig.get(f"/journal{query}")
    assert status == 200, answer
    return answer


async def ended(rig: Rig, **changes: Any) -> str:
    """A call of two seconds that the customer hangs up."""
    call_id: str = await rig.joined(**changes)
    await asyncio.sleep(2)
    await rig.hang_up(call_id, Leg.CUSTOMER)
    await rig.django.ending(call_id)
    return call_id


async def test_terms_grant_and_end_come_back_as_they_were_also_after_a_restart(rig: Rig) -> None:
    over = await ended(rig, sealed=SEALED, granted_seconds=240)
    running = await rig.joined(sealed=SEALED + "x")
    await rig.kill()
    await rig.start()
    answer = await told(rig)
    assert (answer["node"], answer["more"]) == ("test", False)
    first, second = answer["calls"]
    assert (first["call_id"], first["sealed"], first["granted_seconds"], first["is_over"]) == (
        over, SEALED, 240, True
    )  # fmt: skip
    assert first["ending"]["event_id"] == (await rig.django.ending(over)).event_id
    assert first["ending"]["metadata"]["joined_ms"]
    assert (second["call_id"], second["is_over"], second["ending"]) == (running, False, None)


async def test_a_plan_of_an_older_web_has_no_terms(rig: Rig) -> None:
    await ended(rig)
    assert (await told(rig))["calls"][0]["sealed"] == ""


async def test_a_call_that_ended_before_is_left_out_and_a_running_one_is_not(rig: Rig) -> None:
    over = await ended(rig)
    await rig.joined()
    await asyncio.sleep(30)
    assert over not in [call["call_id"] for call in (await told(rig, "?seconds=20"))["calls"]]
    assert len((await told(rig, "?seconds=20"))["calls"]) == 1


async def test_page_by_page(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journalled, "PAGE", 2)
    calls = [await ended(rig) for _ in range(3)]
    first = await told(rig)
    assert ([call["call_id"] for call in first["calls"]], first["more"]) == (calls[:2], True)
    second = await told(rig, f"?seconds=600&after={calls[1]}")
    assert ([call["call_id"] for call in second["calls"]], second["more"]) == (calls[2:], False)


@pytest.mark.parametrize("query", ["", "?seconds=", "?seconds=-1", "?seconds=x", "?seconds=99999999"])
async def test_a_time_that_is_none_is_refused(rig: Rig, query: str) -> None:
    assert (await rig.get(f"/journal{query}"))[0] == 422


@pytest.mark.parametrize("sealed", [17, "with a blank", "x" * 32_001, "né"])
async def test_terms_that_are_none_are_refused(rig: Rig, sealed: object) -> None:
    status, answer = await rig.post("/call/originate", rig.plan(sealed=sealed))
    assert (status, answer["error"].split(":")[0]) == (422, "sealed")


def test_a_record_of_an_older_adapter_has_no_terms() -> None:
    store = CallStore()
    old = {
        "t": "call", "call_id": "call_1750000000_abcdef", "account_id": "1", "operator_id": 1, "granted": 180,
        "final": False, "warn_at": [60, 15], "warnings": {}, "accepted_at": 1_750_000_000.0,
    }  # fmt: skip
    store.apply(old)
    assert store.calls["call_1750000000_abcdef"].sealed == ""
