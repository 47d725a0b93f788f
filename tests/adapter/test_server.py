"""The adapter's HTTP side, as Django uses it."""

import asyncio
import os
from typing import Any

import pytest

from telephony.states import Leg
from tests.adapter.rig import Rig, phone
from tests.lab.leaks import mentions

UNKNOWN = "call_1750000000_zzzzzz"


@pytest.mark.parametrize("key", ["", "wrong", "a key that only the tests kno\u00e9"])
async def test_without_the_key_nothing_is_told(rig: Rig, key: str) -> None:
    refused = (401, {"ok": False, "error": "unauthorized"})
    assert await rig.get("/health", key) == refused
    assert await rig.get("/calls", key) == refused
    assert await rig.post("/call/originate", rig.plan(), key) == refused
    assert await rig.get("/livez", key) == (200, {"ok": True})


async def test_a_key_that_is_replaced_opens_the_adapter_until_it_is_taken_out(rig: Rig) -> None:
    old = "key-that-is-replaced"
    assert (await rig.get("/health", old))[0] == 401
    await rig.stop()
    await rig.start(api_key_fallbacks=("", old))
    assert (await rig.get("/health", old))[0] == 200
    assert (await rig.get("/health"))[0] == 200
    assert (await rig.get("/health", ""))[0] == 401


async def test_originate_is_answered_and_a_repeat_is_the_same_call(rig: Rig) -> None:
    plan = rig.plan()
    accepted = (202, {"ok": True, "call_id": plan["call_id"], "node": "test"})
    assert await rig.post("/call/originate", plan) == accepted
    assert await asyncio.gather(*(rig.post("/call/originate", plan) for _ in range(10))) == [accepted] * 10
    await rig.django.wait(plan["call_id"], "started")
    assert len(rig.django.of(plan["call_id"], "ringing")) == 2
    assert len(rig.switch.channels) == 2


async def test_too_late_is_refused(rig: Rig) -> None:
    plan = rig.plan(not_after=rig.wall() - 0.1)
    assert await rig.post("/call/originate", plan) == (409, {"ok": False, "error": "expired"})
    assert await rig.get(f"/call/{plan['call_id']}") == (404, {"ok": False, "error": "unknown call_id"})


@pytest.mark.parametrize("leg", ["customer", "operator"])
@pytest.mark.parametrize("number", ["+19005550123", "+442071234567", "+18765550123"])
async def test_a_number_off_the_list_is_not_dialled(rig: Rig, leg: str, number: str) -> None:
    plan = rig.plan(**{f"{leg}__number": number})
    assert await rig.post("/call/originate", plan) == (422, {"ok": False, "error": "number_not_allowed"})
    assert not rig.switch.channels


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("call_id", "../x", "call_id"), ("granted_seconds", 0, "granted_seconds"), ("final", "yes", "final"),
        ("customer__number", "12125550123", "customer.number"), ("operator__ring_seconds", 3, "operator.ring_seconds"),
        ("customer__prompts", {"ask": ["../../etc"]}, "customer.prompts"), ("not_after", None, "not_after"),
        ("not_after", float("nan"), "not_after"), ("not_after", float("inf"), "not_after"), ("not_after", 10**400, "not_after"),
    ],
)  # fmt: skip
async def test_a_malformed_request_is_told_what_is_wrong(
    rig: Rig, field: str, value: Any, named: str
) -> None:
    status, answer = await rig.post("/call/originate", rig.plan(**{field: value}))
    assert (status, answer["ok"]) == (422, False)
    assert named in answer["error"]


async def test_unknown_calls_and_addresses(rig: Rig) -> None:
    unknown = (404, {"ok": False, "error": "unknown call_id"})
    assert await rig.get(f"/call/{UNKNOWN}") == unknown
    assert await rig.ask_hangup(UNKNOWN, "customer") == unknown
    assert await rig.extend(UNKNOWN, 60, final=True) == unknown
    assert await rig.post(f"/call/{UNKNOWN}/accept", {}) == unknown
    assert (await rig.get("/nowhere"))[0] == 404
    assert (await rig.post("/calls", {}))[0] == 405


@pytest.mark.parametrize("body", [{"ended_by": "nobody"}, {"why": "because"}, [], {"ended_by": 7}])
async def test_a_hang_up_needs_known_words(rig: Rig, body: Any) -> None:
    call_id = await rig.joined()
    assert (await rig.post(f"/call/{call_id}/hangup", body))[0] == 422


async def test_a_call_is_shown_from_beginning_to_end_without_a_number(rig: Rig) -> None:
    plan = rig.plan(operator=phone(1, ring=5))
    await rig.post("/call/originate", plan)
    shown = f"/call/{plan['call_id']}"
    await rig.django.wait(plan["call_id"], "ringing")
    ringing = (await rig.get(shown))[1]
    assert (ringing["state"], ringing["joined_at"], ringing["elapsed_ms"]) == ("ringing", None, 0)
    started = await rig.django.wait(plan["call_id"], "started")
    await asyncio.sleep(10)
    joined = (await rig.get(shown))[1]
    assert (joined["state"], joined["ending"], joined["node"]) == ("joined", None, "test")
    assert joined["joined_at"] == started.ts
    assert joined["elapsed_ms"] == pytest.approx(10_000, abs=100)
    assert (await rig.get("/calls"))[1]["calls"] == [{name: joined[name] for name in joined if name != "ok"}]
    await rig.ask_hangup(plan["call_id"], "staff", "staff_ended")
    ending = await rig.django.ending(plan["call_id"])
    over = (await rig.get(shown))[1]
    assert (over["state"], over["ending"]["event_id"]) == ("over", ending.event_id)
    assert over["ending"]["metadata"] == dict(ending.metadata)
    assert (await rig.get("/calls"))[1]["calls"] == []
    for leg in ("customer", "operator"):
        number = plan[leg]["number"]
        assert not mentions(repr((ringing, joined, over)), number)
        assert not any(mentions(body, number) for body in rig.django.bodies)
        assert not mentions((rig.directory / "journal/adapter.journal").read_bytes(), number)


async def test_more_calls_than_the_node_holds_are_refused(rig: Rig) -> None:
    await rig.kill()
    await rig.start(max_calls=2)
    for _ in range(2):
        await rig.originate()
    assert await rig.post("/call/originate", rig.plan()) == (503, {"ok": False, "error": "full"})


async def test_more_new_calls_a_second_than_the_trunk_takes_are_refused_and_told(rig: Rig) -> None:
    await rig.kill()
    await rig.start(calls_per_second=3, max_calls=50)
    for _ in range(3):
        await rig.originate()
    assert await rig.post("/call/originate", rig.plan()) == (503, {"ok": False, "error": "too_fast"})
    health = (await rig.get("/health"))[1]
    assert (health["calls"], health["max_calls"]) == (3, 50)
    assert (health["calls_per_second"], health["max_calls_per_second"]) == (3, 3)
    await asyncio.sleep(1.1)
    await rig.originate()
    await asyncio.sleep(301)
    assert (await rig.get("/health"))[1]["calls_per_second"] == 0


async def test_without_a_switch_no_call_is_taken_and_none_is_called_unknown(rig: Rig) -> None:
    call_id = await rig.joined()
    await rig.kill()
    rig.switch.crash()
    await rig.start_unready()
    assert (await rig.get("/health"))[1]["error"] in ("no_switch", "recovering")
    assert await rig.post("/call/originate", rig.plan()) == (503, {"ok": False, "error": "no_switch"})
    assert (await rig.get(f"/call/{call_id}"))[0] == 503, "its fate is not known yet"
    assert (await rig.get(f"/call/{UNKNOWN}"))[0] == 503
    assert (await rig.get("/calls"))[0] == 503
    rig.switch.boot()
    await rig.until_ready()
    assert (await rig.get(f"/call/{call_id}"))[1]["state"] == "over"


async def test_a_disk_that_refuses_means_no_new_call(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(os, "fdatasync", full)
        assert await rig.post("/call/originate", rig.plan()) == (503, {"ok": False, "error": "journal"})
        assert (await rig.get("/health"))[1]["journal_ok"] is False
    assert not rig.switch.channels
    await rig.joined()


async def test_the_talks_on_record_are_told_with_their_lengths_and_nothing_older(rig: Rig) -> None:
    old = await rig.joined()
    await asyncio.sleep(20)
    await rig.hang_up(old, Leg.CUSTOMER)
    await asyncio.sleep(100)
    call_id, running = await rig.joined(), await rig.joined()
    joined_at = rig.wall()
    await asyncio.sleep(30)
    await rig.hang_up(call_id, Leg.OPERATOR)
    ending = await rig.django.ending(call_id)
    status, answer = await rig.get("/talks?seconds=60")
    assert (status, answer["node"], answer["open_ended"]) == (200, "test", [running])
    assert answer["since"] < joined_at, "the record tells everything after it"
    assert [(talk["call_id"], talk["left_first"]) for talk in answer["talks"]] == [(call_id, "operator")]
    assert answer["talks"][0]["joined_ms"] == int(ending.metadata["joined_ms"])
    assert answer["talks"][0]["joined_at"] == pytest.approx(joined_at, abs=1)
    assert len((await rig.get("/talks?seconds=600"))[1]["talks"]) == 2


@pytest.mark.parametrize("query", ["", "?seconds=", "?seconds=-1", "?seconds=1e9", "?seconds=999999999"])
async def test_talks_of_no_sensible_while_are_refused(rig: Rig, query: str) -> None:
    assert (await rig.get(f"/talks{query}"))[0] == 422
