"""The adapter's HTTP side: what Django may ask (docs/design.md section 5). Bearer key on everything but `/livez`, another one on `/metrics`.

Every answer is JSON with `ok`; refusals carry a stable word in `error`. No answer holds a phone number.
"""

import json
import logging

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from prometheus_client.exposition import CONTENT_TYPE_LATEST as CONTENT_TYPE

from core import log_lines
from core.parse import whole_number
from telephony.adapter.adapter import Adapter
from telephony.adapter.journalled import journalled_calls
from telephony.adapter.one_phone_requests import record_greeting, speak_code
from telephony.adapter.readiness import Readiness, Refusal
from telephony.adapter.saying import say_to_customer
from telephony.adapter.talks import MAX_SECONDS, describe_by_record, recorded_talks
from telephony.call_plan import parse_grant, parse_originate, parse_say, parse_verification
from telephony.greeting_wire import parse_greeting_call
from telephony.states import EndedBy, EndReason
from telephony.wire import TIME_HEADER, WireError, bearer_matches, told_time

log = logging.getLogger(__name__)

MAX_BODY_BYTES = 64_000


def application(adapter: Adapter) -> web.Application:
    """All addresses of one adapter."""
    app = web.Application(middlewares=[_guard(adapter)], client_max_size=MAX_BODY_BYTES)
    routes = Routes(adapter)
    app.add_routes(
        [
            web.get("/livez", routes.livez),
            web.get("/health", routes.health),
            web.get("/metrics", routes.metrics),
            web.get("/calls", routes.calls),
            web.get("/talks", routes.talks),
            web.get("/journal", routes.journal),
            web.post("/call/originate", routes.originate),
            web.post("/verification", routes.verification),
            web.get("/verification/{verification_id}", routes.outcome),
            web.post("/greeting", routes.greeting),
            web.get("/call/{call_id}", routes.call),
            web.post("/call/{call_id}/hangup", routes.hangup),
            web.post("/call/{call_id}/extend", routes.extend),
            web.post("/call/{call_id}/accept", routes.accept),
            web.post("/call/{call_id}/say", routes.say),
        ]
    )
    return app


class Routes:
    """One method per address: translate in, ask the adapter, translate out."""

    def __init__(self, adapter: Adapter) -> None:
        self._adapter = adapter

    async def livez(self, request: web.Request) -> web.Response:
        return web.json_response({"ok": True})

    async def health(self, request: web.Request) -> web.Response:
        readiness, health = self._adapter.readiness, self._adapter.health()
        if readiness is Readiness.READY:
            return web.json_response({"ok": True, "ready": True, **health})
        return web.json_response({"ok": False, "ready": False, "error": str(readiness), **health}, status=503)

    async def metrics(self, request: web.Request) -> web.Response:
        adapter = self._adapter
        text = await adapter.services.metrics.text(adapter.readiness, adapter.health(), adapter.switch)
        return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE})

    async def calls(self, request: web.Request) -> web.Response:
        return web.json_response({"ok": True, "calls": self._adapter.describe_all()})

    async def talks(self, request: web.Request) -> web.Response:
        seconds = whole_number(request.query.get("seconds", ""), most=MAX_SECONDS)
        if seconds is None:
            raise WireError(f"seconds: a whole number up to {MAX_SECONDS}")
        talks = await recorded_talks(self._adapter, seconds)
        return web.json_response({"ok": True, "node": self._adapter.config.node, **talks})

    async def journal(self, request: web.Request) -> web.Response:
        seconds = whole_number(request.query.get("seconds", ""), most=MAX_SECONDS)
        if seconds is None:
            raise WireError(f"seconds: a whole number up to {MAX_SECONDS}")
        calls = journalled_calls(self._adapter, seconds, request.query.get("after", ""))
        return web.json_response({"ok": True, "node": self._adapter.config.node, **calls})

    async def originate(self, request: web.Request) -> web.Response:
        plan = parse_originate(await request.read())
        try:
            await self._adapter.originate(plan, told_time(request.headers.get(TIME_HEADER)))
        except Refusal as refusal:
            self._adapter.services.metrics.refused(refusal.error)
            raise
        answer = {"ok": True, "call_id": plan.call_id, "node": self._adapter.config.node}
        return web.json_response(answer, status=202)

    async def verification(self, request: web.Request) -> web.Response:
        asked = parse_verification(await request.read())
        await speak_code(self._adapter, asked, told_time(request.headers.get(TIME_HEADER)))
        return web.json_response({"ok": True, "node": self._adapter.config.node}, status=202)

    async def outcome(self, request: web.Request) -> web.Response:
        outcome = self._adapter.verifications.outcome(request.match_info["verification_id"])
        if outcome is None:
            raise Refusal(404, "unknown_verification")
        return web.json_response({"ok": True, **outcome.describe()})

    async def greeting(self, request: web.Request) -> web.Response:
        plan = parse_greeting_call(await request.read())
        await record_greeting(self._adapter, plan, told_time(request.headers.get(TIME_HEADER)))
        return web.json_response({"ok": True, "node": self._adapter.config.node}, status=202)

    async def call(self, request: web.Request) -> web.Response:
        call_id = request.match_info["call_id"]
        try:
            known = self._adapter.describe(call_id)
        except Refusal as refusal:
            on_record = await describe_by_record(self._adapter, call_id) if refusal.status == 404 else None
            if on_record is None:
                raise
            known = on_record
        return web.json_response({"ok": True, **known})

    async def hangup(self, request: web.Request) -> web.Response:
        ended_by, why = _parse_hangup(await request.read())
        if await self._adapter.hangup(request.match_info["call_id"], ended_by, why):
            return web.json_response({"ok": True}, status=202)
        return web.json_response({"ok": True, "over": True})

    async def extend(self, request: web.Request) -> web.Response:
        granted, final, ends_at = parse_grant(await request.read())
        record = self._adapter.extend(request.match_info["call_id"], granted, final, ends_at)
        return web.json_response({"ok": True, "granted_seconds": record.granted, "final": record.final})

    async def accept(self, request: web.Request) -> web.Response:
        self._adapter.accept(request.match_info["call_id"])
        return web.json_response({"ok": True}, status=202)

    async def say(self, request: web.Request) -> web.Response:
        say_to_customer(self._adapter, request.match_info["call_id"], parse_say(await request.read()))
        return web.json_response({"ok": True}, status=202)


def _parse_hangup(body: bytes) -> tuple[EndedBy, EndReason]:
    """Who asks for the end and why; an empty body is the customer hanging up. Raises WireError."""
    try:
        data = json.loads(body or b"{}")
        if not isinstance(data, dict):
            raise ValueError
        ended_by, why = data.get("ended_by", EndedBy.CUSTOMER), data.get("why", EndReason.HANGUP)
        return EndedBy(ended_by), EndReason(why)
    except (ValueError, RecursionError):
        raise WireError("ended_by and why: words of EndedBy and EndReason") from None


def _guard(adapter: Adapter) -> Middleware:
    """Key, readiness, the shape of errors, and Django's date as the adapter knows it, once for all addresses."""
    keys = (adapter.config.api_key, *adapter.config.api_key_fallbacks)

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        asked_by = log_lines.request_id_of(request.headers.get(log_lines.REQUEST_ID_HEADER, ""))
        with log_lines.also(request=asked_by, call=request.match_info.get("call_id", "")):
            response = await answer(request, handler)
        if response.status != 401:
            response.headers[TIME_HEADER] = f"{adapter.dates.django_now():.3f}"
        return response

    async def answer(request: web.Request, handler: Handler) -> web.StreamResponse:
        header = request.headers.get("Authorization", "")
        needed = (adapter.config.metrics_key,) if request.path == "/metrics" else keys
        if request.path != "/livez" and not bearer_matches(needed, header):
            return _error(401, "unauthorized")
        if adapter.readiness is Readiness.REPLACED and request.path not in ("/livez", "/health", "/metrics"):
            return _error(503, str(Readiness.REPLACED))
        try:
            return await handler(request)
        except Refusal as refusal:
            return _error(refusal.status, refusal.error)
        except WireError as error:
            return _error(422, str(error))
        except web.HTTPException as error:
            return _error(error.status, error.reason.lower().replace(" ", "_"))
        except Exception:
            log.exception("%s failed", request.match_info.route.name or request.method)
            return _error(500, "internal")

    return guard


def _error(status: int, error: str) -> web.Response:
    return web.json_response({"ok": False, "error": error}, status=status)
