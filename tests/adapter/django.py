"""A Django that says what a test tells it to: takes the adapter's events, checks their signatures, answers."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from aiohttp import web

from telephony.batch_wire import FAILED, NOT_DONE, batch_answer, parse_batch
from telephony.greeting_wire import GreetingEvent, parse_greeting_event
from telephony.states import LIVE_GREETING_CALLS
from telephony.wire import (
    SIGNATURE_HEADER,
    TIME_HEADER,
    TIMESTAMP_HEADER,
    CallEvent,
    parse_event,
    signature_matches,
    timestamp_is_fresh,
)

KEY = "a key that only the tests know"
Answer = tuple[int, dict[str, Any]]


class ScriptedDjango:
    """`answers` may be replaced: it is given each event and says status and body; None is a time-out."""

    def __init__(self, wall: Callable[[], float]) -> None:
        self.wall = wall
        self.events: list[CallEvent] = []
        self.bodies: list[bytes] = []
        self.batches: list[list[CallEvent]] = []  # as they came
        self.takes_batches = True  # an older one has no such address
        self.batch_answer: Answer | None = None  # to each batch, instead of doing anything
        self.batch_limit = 50  # of how many events it does in one go
        self.greetings: list[GreetingEvent] = []
        self.greeting_refusals: list[Answer] = []  # what the next greeting events are answered with
        self.grant: tuple[int, bool] | None = None
        self.is_dated = True  # every answer says what date it is
        self.keys = [KEY]  # under which events are believed
        self.answers: Callable[[CallEvent], Answer | None] = self.answer
        self._news = asyncio.Condition()
        self._runner: web.AppRunner | None = None
        self.url = ""
        self.batch_url = ""
        self.port = 0

    async def start(self, port: int = 0) -> None:
        app = web.Application()
        app.add_routes(
            [
                web.post("/api/telephony/events/", self._receive),
                web.post("/api/telephony/event-batches/", self._receive_batch),
                web.post("/api/telephony/greeting-calls/", self._receive_greeting),
            ]
        )
        app.on_response_prepare.append(self._date)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{self.port}/api/telephony/events/"
        self.batch_url = f"http://127.0.0.1:{self.port}/api/telephony/event-batches/"

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    @property
    def is_up(self) -> bool:
        return self._runner is not None

    def answer(self, event: CallEvent) -> Answer:
        """Grants what `grant` says to questions and beginnings; thanks for the rest."""
        granted, final = self.grant or (0, False)
        if event.state in ("started", "progress") and self.grant:
            body = {"ok": True, "tracking": event.call_id, "granted_seconds": granted, "final": final}
            return 200, body
        return 200, {"ok": True, "tracking": event.call_id}

    def of(self, call_id: str, *states: str) -> list[CallEvent]:
        """Events of one call in the order they came, repeats left out."""
        seen: dict[str, CallEvent] = {}
        for event in self.events:
            if event.call_id == call_id and (not states or event.state in states):
                seen.setdefault(event.event_id, event)
        return list(seen.values())

    async def wait(self, call_id: str, state: str, seconds: float = 120) -> CallEvent:
        async with asyncio.timeout(seconds), self._news:
            await self._news.wait_for(lambda: bool(self.of(call_id, state)))
        return self.of(call_id, state)[0]

    async def ending(self, call_id: str, seconds: float = 300) -> CallEvent:
        endings = ("ended", "busy", "no_answer", "failed")
        async with asyncio.timeout(seconds), self._news:
            await self._news.wait_for(lambda: bool(self.of(call_id, *endings)))
        return self.of(call_id, *endings)[0]

    async def _date(self, request: web.Request, response: web.StreamResponse) -> None:
        if self.is_dated:
            response.headers[TIME_HEADER] = f"{self.wall():.3f}"

    async def greeting_end(self, seconds: float = 600) -> GreetingEvent:
        """The event that ends a call that records a greeting."""
        async with asyncio.timeout(seconds), self._news:
            await self._news.wait_for(
                lambda: any(event.state not in LIVE_GREETING_CALLS for event in self.greetings)
            )
        return next(event for event in self.greetings if event.state not in LIVE_GREETING_CALLS)

    async def _receive_greeting(self, request: web.Request) -> web.Response:
        body = await request.read()
        stamp = request.headers.get(TIMESTAMP_HEADER, "")
        if not signature_matches(self.keys, stamp, body, request.headers.get(SIGNATURE_HEADER, "")):
            return web.json_response({"ok": False, "error": "bad_signature"}, status=401)
        event = parse_greeting_event(body)
        if event.state not in LIVE_GREETING_CALLS and self.greeting_refusals:
            status, answer = self.greeting_refusals.pop(0)
            return web.json_response(answer, status=status)
        async with self._news:
            self.greetings.append(event)
            self._news.notify_all()
        return web.json_response({"ok": True})

    async def _receive(self, request: web.Request) -> web.Response:
        body = await request.read()
        if refusal := self._refusal(request, body):
            return refusal
        event = parse_event(body)
        reply = self.answers(event)
        if reply is None:
            await asyncio.sleep(3600)
            raise AssertionError("nobody waits so long")
        self.bodies.append(body)
        await self._note(event, reply)
        return web.Response(text=json.dumps(reply[1]), status=reply[0], content_type="application/json")

    async def _receive_batch(self, request: web.Request) -> web.Response:
        """As Django does it: what follows an event of a call that has to come again is not done."""
        body = await request.read()
        if not self.takes_batches:
            return web.Response(text="<h1>Not Found</h1>", status=404, content_type="text/html")
        if refusal := self._refusal(request, body):
            return refusal
        if self.batch_answer is not None:
            return web.json_response(self.batch_answer[1], status=self.batch_answer[0])
        events = [event for event in parse_batch(body) if isinstance(event, CallEvent)]
        self.batches.append(events)
        replies: list[Answer] = []
        waiting: set[str] = set()
        for number, event in enumerate(events):
            is_left = number >= self.batch_limit or event.call_id in waiting
            reply = NOT_DONE if is_left else self.answers(event) or FAILED
            if reply[0] >= 500:
                waiting.add(event.call_id)
            replies.append(reply)
            await self._note(event, reply)
        return web.json_response(batch_answer(replies))

    def _refusal(self, request: web.Request, body: bytes) -> web.Response | None:
        stamp = request.headers.get(TIMESTAMP_HEADER, "")
        if not signature_matches(self.keys, stamp, body, request.headers.get(SIGNATURE_HEADER, "")):
            return web.json_response({"ok": False, "error": "bad_signature"}, status=401)
        if not timestamp_is_fresh(stamp, self.wall()):
            answer = {"ok": False, "error": "stale_timestamp", "server_time": self.wall()}
            return web.json_response(answer, status=401)
        return None

    async def _note(self, event: CallEvent, reply: Answer) -> None:
        if reply[0] < 300:
            async with self._news:
                self.events.append(event)
                self._news.notify_all()
