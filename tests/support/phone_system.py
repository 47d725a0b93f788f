"""A small phone system that speaks the adapter's HTTP contract on loopback, for tests of Django's side.

It makes no calls: it remembers what it was asked, answers as the contract says, and can be told to refuse, to be
slow or to be gone. What it answers is checked against the real adapter in `test_whole_call.py`.
"""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.conf import settings

from telephony import adapter_client
from telephony.call_plan import Originate, parse_grant, parse_originate, parse_say, parse_verification
from telephony.greeting_wire import parse_greeting_call
from telephony.wire import TIME_HEADER, WireError


@dataclass
class Asked:
    """One request as it came in."""

    method: str
    path: str
    body: dict[str, Any]


@dataclass
class PhoneSystem:
    """What is known of calls, what to answer, and what was asked. `requests` is the record of it."""

    requests: list[Asked] = field(default_factory=list)
    plans: dict[str, Originate] = field(default_factory=dict)
    told: dict[str, dict[str, Any]] = field(default_factory=dict)  # call id → what GET answers beside its id
    talks: list[dict[str, Any]] = field(default_factory=list)  # what Asterisk has on record
    record: dict[str, Any] = field(default_factory=dict)  # what else /talks tells
    health: dict[str, Any] = field(default_factory=dict)  # what /health tells beside
    refusal: tuple[int, dict[str, Any]] | None = None
    outcome: dict[str, Any] = field(
        default_factory=lambda: {"state": "spoken", "cause": None}
    )  # of spoken codes
    seconds_to_answer: float = 0.0
    node: str = "test-node"
    web_date: float | None = (
        None  # of Django, as it tells in each answer; None: as an older adapter, which doesn't
    )

    def refuse(self, status: int, error: str) -> None:
        """Answer everything with this from now on."""
        self.refusal = (status, {"ok": False, "error": error})

    def forget(self, call_id: str) -> None:
        """As if the request had never arrived."""
        self.plans.pop(call_id, None)
        self.told.pop(call_id, None)

    def says(self, call_id: str, **facts: Any) -> None:
        """What GET /call/{id} tells from now on."""
        known = {
            "state": "ringing", "joined_at": None, "elapsed_ms": 0, "granted_seconds": 180, "final": False, "ending": None
        }  # fmt: skip
        self.told[call_id] = {**known, **self.told.get(call_id, {}), **facts, "node": self.node}

    def asked_for(self, path_ending: str) -> list[Asked]:
        """The requests to addresses that end like this."""
        return [request for request in self.requests if request.path.endswith(path_ending)]

    def answer(self, asked: Asked, raw: bytes) -> tuple[int, dict[str, Any]]:
        if self.refusal is not None:
            return self.refusal
        if asked.path == "/health":
            return 200, {"ok": True, "ready": True, "node": self.node, **self.health}
        if asked.path.startswith("/talks?seconds="):
            return 200, {"ok": True, "node": self.node, "talks": self.talks, **self.record}
        if asked.path.startswith("/journal?"):
            return 200, {"ok": True, "node": self.node, "calls": self._journal(), "more": False}
        if asked.path == "/verification":
            return self._verify(raw)
        if asked.path == "/greeting":
            return self._record_greeting(raw)
        if asked.path.startswith("/verification/"):
            return 200, {"ok": True, **self.outcome}
        if asked.path == "/call/originate":
            return self._originate(raw)
        call_id, _, what = asked.path.removeprefix("/call/").partition("/")
        if call_id not in self.told:
            return 404, {"ok": False, "error": "unknown call_id"}
        return self._about(call_id, what, raw)

    def _journal(self) -> list[dict[str, Any]]:
        return [
            {
                "call_id": call_id,
                "sealed": plan.sealed,
                "granted_seconds": self.told[call_id]["granted_seconds"],
                "is_over": self.told[call_id]["state"] == "over",
                "ending": self.told[call_id]["ending"],
            }
            for call_id, plan in self.plans.items()
        ]

    def _originate(self, raw: bytes) -> tuple[int, dict[str, Any]]:
        try:
            plan = parse_originate(raw)
        except WireError as error:
            return 422, {"ok": False, "error": str(error)}
        if time.time() > plan.not_after:
            return 409, {"ok": False, "error": "expired"}
        self.plans[plan.call_id] = plan
        self.says(plan.call_id, granted_seconds=plan.granted_seconds, final=plan.final)
        return 202, {"ok": True, "call_id": plan.call_id, "node": self.node}

    def _verify(self, raw: bytes) -> tuple[int, dict[str, Any]]:
        try:
            parse_verification(raw)
        except WireError as error:
            return 422, {"ok": False, "error": str(error)}
        return 202, {"ok": True, "node": self.node}

    def _record_greeting(self, raw: bytes) -> tuple[int, dict[str, Any]]:
        try:
            parse_greeting_call(raw)
        except WireError as error:
            return 422, {"ok": False, "error": str(error)}
        return 202, {"ok": True, "node": self.node}

    def _about(self, call_id: str, what: str, raw: bytes) -> tuple[int, dict[str, Any]]:
        known = self.told[call_id]
        is_over = known["state"] == "over"
        if what == "":
            return 200, {"ok": True, "call_id": call_id, **known}
        if what == "hangup":
            return (200, {"ok": True, "over": True}) if is_over else (202, {"ok": True})
        if is_over:
            return 409, {"ok": False, "error": "over"}
        if what == "accept":
            screening = known.get("screening", False)
            return (202, {"ok": True}) if screening else (409, {"ok": False, "error": "not_screening"})
        if what == "say":
            return 202, {"ok": bool(parse_say(raw))}
        granted, final, _ = parse_grant(raw)
        known["granted_seconds"], known["final"] = max(granted, known["granted_seconds"]), final
        return 200, {"ok": True, "granted_seconds": known["granted_seconds"], "final": final}


class _Handler(BaseHTTPRequestHandler):
    """Translates HTTP for the PhoneSystem of its server."""

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def log_message(self, *_: Any) -> None:
        """Tests read `requests` instead."""

    def _serve(self) -> None:
        system: PhoneSystem = self.server.system  # type: ignore[attr-defined]
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        asked = Asked(self.command, self.path, json.loads(raw) if raw else {})
        if self.headers.get("Authorization") != f"Bearer {settings.AEIMS_API_KEY}":
            status, answer = 401, {"ok": False, "error": "unauthorized"}
        else:
            system.requests.append(asked)
            status, answer = system.answer(asked, raw)
        time.sleep(system.seconds_to_answer)
        body = json.dumps(answer).encode()
        try:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            if system.web_date is not None:
                self.send_header(TIME_HEADER, f"{system.web_date:.3f}")
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            self.close_connection = True  # whoever asked has stopped waiting


NOBODY = "http://127.0.0.1:9"  # the discard port: refused at once


@pytest.fixture
def phone_system(settings: Any) -> Iterator[PhoneSystem]:
    """A phone system that answers, at the address Django asks."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    system = PhoneSystem()
    server.system = system  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    settings.ASTERISK_ADAPTER_URL = f"http://127.0.0.1:{server.server_port}"
    yield system
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def no_phone_system(settings: Any) -> None:
    """Nobody listens where the phone system should be."""
    settings.ASTERISK_ADAPTER_URL = NOBODY


@pytest.fixture
def slow_phone_system(phone_system: PhoneSystem, monkeypatch: pytest.MonkeyPatch) -> PhoneSystem:
    """It hears everything and answers after Django has stopped waiting."""
    monkeypatch.setattr(adapter_client, "_READ_SECONDS", 0.2)
    phone_system.seconds_to_answer = 0.6
    return phone_system
