"""A backlog is told in batches, and each event as precisely as one that is told alone."""

import asyncio
from collections.abc import Iterable

import pytest

from telephony.adapter.call_store import plan_record
from telephony.batch_wire import MAX_EVENTS
from telephony.states import EventState, Leg
from telephony.wire import CallEvent
from tests.adapter.post import A, Post
from tests.adapter.rig import Rig
from tests.adapter.test_memory import plan


def call_ids(count: int, first: int = 0) -> list[str]:
    return [f"call_1750000000_{number:06}" for number in range(first, first + count)]


async def backlog(post: Post, calls: Iterable[str], of_each: int) -> dict[str, list[CallEvent]]:
    """What was reported of these calls while Django was away."""
    await post.django.stop()
    return {call_id: [post.report(call_id) for _ in range(of_each)] for call_id in calls}


async def told_all(post: Post, reported: dict[str, list[CallEvent]]) -> None:
    """Django is back; each event arrives once, in the order of its call."""
    if not post.django.is_up:
        await post.django.start(post.django.port)
    async with asyncio.timeout(300):
        for call_id in reported:
            await post.reporter.drained(call_id)
    for call_id, events in reported.items():
        arrived = [event.event_id for event in post.django.events if event.call_id == call_id]
        assert arrived == [event.event_id for event in events]
    assert post.reporter.undelivered == 0


async def test_what_waits_goes_in_batches_in_order_and_each_event_once(post: Post) -> None:
    reported = await backlog(post, call_ids(30), 6)
    await asyncio.sleep(100)
    await told_all(post, reported)
    sizes = [len(batch) for batch in post.django.batches]
    assert max(sizes) <= MAX_EVENTS
    assert len(sizes) <= 10, "not call by call, as their pauses end"
    assert len(post.answers) == 180


async def test_a_few_events_are_told_alone(post: Post) -> None:
    await told_all(post, await backlog(post, call_ids(8), 2))
    assert post.django.batches == []


async def test_all_are_told_soon_after_django_is_back_however_long_they_had_paused(post: Post) -> None:
    reported = await backlog(post, call_ids(40), 2)
    await asyncio.sleep(3600)
    back = post.loop.time()
    await told_all(post, reported)
    assert post.loop.time() - back < 5


async def test_a_refusal_in_a_batch_is_kept_aside_and_the_next_event_follows(post: Post) -> None:
    reported = await backlog(post, call_ids(10), 3)
    refused = reported[call_ids(1)[0]].pop(0)
    no = {"ok": False, "error": "no"}
    post.django.answers = lambda event: (
        (409, no) if event.event_id == refused.event_id else (200, {"ok": True})
    )
    await told_all(post, reported)
    assert [(kept.status, kept.event["event_id"]) for kept in post.journal.book.refused] == [
        (409, refused.event_id)
    ]
    assert post.answers.count(("ringing", 409, no)) == 1


async def test_one_that_breaks_django_comes_again_and_holds_up_its_own_call_alone(post: Post) -> None:
    reported = await backlog(post, call_ids(10), 3)
    broken, *others = reported
    post.django.answers = lambda event: None if event.call_id == broken else (200, {"ok": True})
    await post.django.start(post.django.port)
    for call_id in others:
        await post.reporter.drained(call_id)
    await asyncio.sleep(5)
    assert post.reporter.undelivered == 3
    assert post.django.of(broken) == []
    post.django.answers = lambda event: (200, {"ok": True})
    await told_all(post, reported)


async def test_what_django_did_not_get_to_follows_at_once(post: Post) -> None:
    post.django.batch_limit = 7
    reported = await backlog(post, call_ids(6), 10)
    back = post.loop.time()
    await told_all(post, reported)
    assert len(post.django.batches) >= 60 // 7 - 2  # the last ones go alone
    assert post.loop.time() - back < 1.5


async def test_an_older_django_is_told_one_event_at_a_time(post: Post) -> None:
    post.django.takes_batches = False
    reported = await backlog(post, call_ids(10), 3)
    back = post.loop.time()
    await told_all(post, reported)
    assert post.loop.time() - back < 5, "nothing waits for the next try of a batch"
    post.django.takes_batches = True
    await told_all(post, await backlog(post, call_ids(10, 10), 2))
    assert post.django.batches == [], "it is not asked again at once"
    await asyncio.sleep(60)
    await told_all(post, await backlog(post, call_ids(10, 20), 2))
    assert post.django.batches != []


async def test_a_clock_that_is_off_is_corrected_by_the_answer_to_a_batch(post: Post) -> None:
    reported = await backlog(post, call_ids(10), 2)
    post.clock_step = 7200
    await told_all(post, reported)
    assert post.reporter.offset == pytest.approx(-7200, abs=1)
    assert post.django.batches != []


async def test_what_charges_a_card_is_told_alone(post: Post) -> None:
    post.journal.append(plan_record(plan(A), 0.0))
    await post.django.stop()
    card = [post.report(A), post.report(A, EventState.ADD_FUNDS), post.report(A)]
    reported = await backlog(post, call_ids(10), 2) | {A: card}
    await told_all(post, reported)
    assert post.django.batches != []
    told = [event.event_id for batch in post.django.batches for event in batch]
    assert card[1].event_id not in told


async def test_an_answer_that_fits_no_batch_is_none_and_events_are_told_alone(post: Post) -> None:
    post.django.batch_answer = 200, {"ok": True, "answers": [{"status": 200, "body": {"ok": True}}]}
    await told_all(post, await backlog(post, call_ids(10), 2))


@pytest.mark.parametrize("status", [301, 400, 403, 404, 405, 413, 500])
async def test_whatever_refuses_batches_keeps_no_event_waiting(post: Post, status: int) -> None:
    """A redirect to HTTPS, a firewall, a defect."""
    post.django.batch_answer = status, {"ok": False, "error": "no"}
    reported = await backlog(post, call_ids(10), 2)
    back = post.loop.time()
    await told_all(post, reported)
    assert post.loop.time() - back < 5
    assert len(post.django.batches) == 0


@pytest.mark.parametrize("status", [401, 429, 502, 503])
async def test_a_batch_that_is_not_heard_now_is_told_again(post: Post, status: int) -> None:
    post.django.batch_answer = status, {"ok": False, "error": "not now"}
    reported = await backlog(post, call_ids(10), 2)
    await post.django.start(post.django.port)
    await asyncio.sleep(3)
    assert post.reporter.undelivered == 20
    post.django.batch_answer = None
    await told_all(post, reported)
    assert post.django.batches != []


async def test_calls_that_went_on_while_web_was_away_are_told_in_batches(rig: Rig) -> None:
    """The whole adapter on the simulated switch."""
    await rig.django.stop()
    calls = [await rig.originate() for _ in range(5)]
    for call_id in calls:
        async with asyncio.timeout(60):
            while (await rig.get(f"/call/{call_id}"))[1]["state"] != "joined":
                await asyncio.sleep(0.5)
        await rig.hang_up(call_id, Leg.CUSTOMER)
    await asyncio.sleep(200)
    await rig.django.start(rig.django.port)
    for call_id in calls:
        await rig.django.ending(call_id)
        told = [event for event in rig.django.events if event.call_id == call_id]
        assert [event.state for event in told] == [
            "ringing", "answered", "ringing", "answered", "started", "ended"
        ]  # fmt: skip
        assert [event.sequence for event in told] == sorted({event.sequence for event in told})
    await asyncio.sleep(1)
    assert (await rig.get("/health"))[1]["undelivered_events"] == 0
    assert max(len(batch) for batch in rig.django.batches) > 6, "events of many calls at once"
