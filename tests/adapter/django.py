"""A Django that says what a test tells it to: takes the adapter's events, checks their signatures, answers."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from aiohttp import web

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
        self.greetings: list[GreetingEvent] = []
        self.greeting_refusals: list[Answer] = []  # what the next greeting events are answered with
        self.grant: tuple[int, bool] | None = None
        self.is_dated = True  # every answer says what date it is
        self.keys = [KEY]  # under which events are believed
        self.answers: Callable[[CallEvent], Answer | None] = self.answer
        self._news = asyncio.Condition()
        self._runner: web.AppRunner | None = None
        self.url = ""
        self.port = 0

    async def start(self, port: int = 0) -> None:
        app = web.Application()
        app.add_routes(
            [
                web.post("/api/telephony/events/", self._receive),
                web.post("/api/telephony/greeting-calls/", self._receive_greeting),
            ]
        )
        app.on_response_prepare.append(self._date)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{self.port}/api/telephony/events/"

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

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
        stamp = request.headers.get(TIMESTAMP_HEADER, "")
        if not signature_matches(self.keys, stamp, body, request.headers.get(SIGNATURE_HEADER, "")):
            return web.json_response({"ok": False, "error": "bad_signature"}, status=401)
        if not timestamp_is_fresh(stamp, self.wall()):
            answer = {"ok": False, "error": "stale_timestamp", "server_time": self.wall()}
            return web.json_response(answer, status=401)
        event = parse_event(body)
        reply = self.answers(event)
        if reply is None:
            await asyncio.sleep(3600)
            raise AssertionError("nobody waits so long")
        self.bodies.append(body)
        if reply[0] < 300:
            async with self._news:
                self.events.append(event)
                self._news.notify_all()
        return web.Response(text=json.dumps(reply[1]), status=reply[0], content_type="application/json")
