"""Delivery to Django: signed, in order per call, at least once, for as long as it takes."""

import asyncio
import itertools
from typing import Any

import pytest

from telephony.states import EventState
from telephony.wire import CallEvent
from tests.adapter.post import A, B, Post


async def test_events_of_a_call_arrive_in_order_and_leave_the_journal(post: Post) -> None:
    sent = [post.report() for _ in range(20)]
    await post.reporter.drained(A)
    assert [event.event_id for event in post.django.events] == [event.event_id for event in sent]
    assert post.reporter.undelivered == 0


async def test_one_call_that_is_not_answered_holds_up_no_other(post: Post) -> None:
    post.django.answers = lambda event: (500, {}) if event.call_id == A else (200, {"ok": True})
    post.report(A)
    post.report(A)
    other = post.report(B)
    await post.reporter.drained(B)
    assert [event.event_id for event in post.django.events] == [other.event_id]
    post.django.answers = lambda event: (200, {"ok": True})
    await post.reporter.drained(A)
    assert [event.sequence for event in post.django.of(A)] == [1, 2]


@pytest.mark.parametrize("status", [500, 502, 503, 429, 401, 403, 302])
async def test_every_other_answer_is_tried_again_with_growing_pauses(post: Post, status: int) -> None:
    tried: list[float] = []

    def refuse_five_times(event: CallEvent) -> tuple[int, dict[str, Any]]:
        tried.append(post.loop.time())
        return (status if len(tried) <= 5 else 200), {"ok": len(tried) > 5}

    post.django.answers = refuse_five_times
    post.report()
    await post.reporter.drained(A)
    pauses = [later - earlier for earlier, later in itertools.pairwise(tried)]
    assert len(tried) == 6
    assert pauses == pytest.approx([0.5, 1, 2, 4, 8], rel=0.25)
    assert len(set(post.django.bodies)) == 1, "a repeat is the same to the byte"


async def test_pauses_never_grow_beyond_half_a_minute(post: Post) -> None:
    tried: list[float] = []

    def refuse(event: CallEvent) -> tuple[int, dict[str, Any]]:
        tried.append(post.loop.time())
        return 503, {}

    post.django.answers = refuse
    post.report()
    await asyncio.sleep(7200)
    assert max(later - earlier for earlier, later in itertools.pairwise(tried)) <= 36
    assert len(tried) > 150


@pytest.mark.parametrize("status", [400, 404, 409, 422])
async def test_a_final_refusal_is_kept_aside_and_the_next_event_follows(post: Post, status: int) -> None:
    refused = post.report(A, EventState.RINGING)
    post.django.answers = lambda event: (
        (status, {"ok": False, "error": "no"}) if event.event_id == refused.event_id else (200, {"ok": True})
    )
    post.report(A, EventState.ENDED)
    await post.reporter.drained(A)
    assert [event.state for event in post.django.events] == ["ended"]
    assert [(kept.status, kept.event["event_id"]) for kept in post.journal.book.refused] == [
        (status, refused.event_id)
    ]
    assert post.answers == [("ringing", status, {"ok": False, "error": "no"}), ("ended", 200, {"ok": True})]


@pytest.mark.parametrize("status", [400, 404, 409, 422])
async def test_a_refusal_that_is_not_djangos_word_is_tried_again(post: Post, status: int) -> None:
    """A proxy without its backend says 404, and so does the front of another site."""
    strangers: list[dict[str, Any]] = [
        {},
        {"success": False, "error": "nothing here"},
        {"message": "no route"},
    ]
    sent = post.report(A, EventState.ENDED)
    post.django.answers = lambda event: (status, strangers.pop()) if strangers else (200, {"ok": True})
    await post.reporter.drained(A)
    assert post.answers == [("ended", 200, {"ok": True})]
    assert [event.event_id for event in post.django.of(A)] == [sent.event_id]
    assert post.journal.book.refused == type(post.journal.book.refused)()


@pytest.mark.parametrize("step", [7200.0, -7200.0, 1e6])
async def test_a_clock_that_is_off_is_corrected_by_djangos_word(post: Post, step: float) -> None:
    post.clock_step = step
    before = post.loop.time()
    post.report()
    await post.reporter.drained(A)
    assert post.reporter.offset == pytest.approx(-step, abs=1)
    assert post.loop.time() - before < 1, "signed again at once"
    reply = await post.reporter.ask(post.event(A, EventState.PROGRESS))
    assert reply == (200, {"ok": True, "tracking": A})


async def test_a_question_too_learns_the_time(post: Post) -> None:
    post.clock_step = 7200
    assert await post.reporter.ask(post.event(A, EventState.PROGRESS)) == (200, {"ok": True, "tracking": A})


async def test_a_question_has_two_seconds_and_is_never_written_down(post: Post) -> None:
    post.django.answers = lambda event: None
    before = post.loop.time()
    assert await post.reporter.ask(post.event(A, EventState.PROGRESS)) is None
    assert post.loop.time() - before == pytest.approx(2, abs=0.1)
    assert post.reporter.undelivered == 0


async def test_what_was_undelivered_is_delivered_by_the_next_life_in_order(post: Post) -> None:
    await post.django.stop()
    sent = [post.report(call_id) for call_id in (A, B, A, B, A)]
    await asyncio.sleep(20)
    await post.reporter.close()
    post.journal.abandon()
    await post.django.start(post.django.port)
    await post.start()
    await post.reporter.drained(A)
    await post.reporter.drained(B)
    for call_id in (A, B):
        expected = [event.event_id for event in sent if event.call_id == call_id]
        assert [event.event_id for event in post.django.of(call_id)] == expected


async def test_an_answer_that_is_no_answer_is_asked_for_again(post: Post) -> None:
    tried = 0

    def nonsense_then_sense(event: CallEvent) -> Any:
        nonlocal tried
        tried += 1
        return 200, (["a list"] if tried == 1 else {"ok": True})

    post.django.answers = nonsense_then_sense
    post.report()
    await post.reporter.drained(A)
    assert tried == 2


async def test_an_answer_that_the_call_chokes_on_does_not_stop_delivery(post: Post) -> None:
    def choke(*_: Any) -> None:
        raise ValueError("a defect")

    post.reporter._on_answer = choke
    post.report()
    post.report()
    await post.reporter.drained(A)
    assert len(post.django.events) == 2
