"""What a Sentry is told of an error: where it happened, and nothing of anybody. One process reports to a server on the loopback."""

import gzip
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import requires
from typing import Any

import pytest
from packaging.requirements import Requirement

from aeims import error_reports
from tests.project.test_image import SHIPPED
from tools.environment import ROOT

NUMBER, EMAIL, WORD = "+12125550123", "somebody@example.com", "what-was-searched-for"
# A page that crashes, a line that is logged, and one of a job; each with something private at hand.
PROGRAM = f"""
import django, logging, sys
django.setup()
import sentry_sdk
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest
from django.test import Client, override_settings
from core import log_lines
log_lines.Process.name = "worker"
with log_lines.context(lambda: {{"job": "12", "task": "notices.send"}}):
    logging.getLogger("core.worker").error("no answer from %s of %s", "{NUMBER}", "{EMAIL}")

def page(request: HttpRequest) -> None:
    {{"secret": request.GET["q"]}}
    raise RuntimeError("cannot call {NUMBER}")

import types
urls = types.ModuleType("crashing_urls")
from django.urls import path
urls.urlpatterns = [path("crash/", page)]
sys.modules["crashing_urls"] = urls
with override_settings(ROOT_URLCONF="crashing_urls", MIDDLEWARE=["aeims.request_log.RequestLogMiddleware"]):
    Client(raise_request_exception=False, headers={{"cookie": "sessionid=of-somebody", "user-agent": "A Browser"}}).post(
        "/crash/?q={WORD}", {{"text": "{WORD}"}}
    )
sentry_sdk.flush(10)
"""


class Sentry:
    """A server that takes what is reported."""

    def __init__(self) -> None:
        self.bodies: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                is_packed = self.headers.get("Content-Encoding") == "gzip"
                outer.bodies.append((gzip.decompress(body) if is_packed else body).decode())
                self.send_response(200)
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.dsn = f"http://public@127.0.0.1:{self.server.server_port}/1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def events(self) -> list[dict[str, Any]]:
        lines = [
            json.loads(line) for body in self.bodies for line in body.splitlines() if line.startswith("{")
        ]
        return [line for line in lines if "platform" in line]


@pytest.fixture
def sentry() -> Iterator[Sentry]:
    running = Sentry()
    yield running
    running.server.shutdown()
    running.server.server_close()


def run(program: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "aeims.settings", **settings}
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.slow
def test_an_error_is_reported_and_nobody_is_in_it(sentry: Sentry) -> None:
    done = run(PROGRAM, SENTRY_DSN=sentry.dsn)
    assert done.returncode == 0, done.stderr
    logged, crashed = sorted(sentry.events(), key=lambda event: "exception" in event)
    assert logged["logentry"] == {"message": "no answer from [number] of [email]"}
    assert logged["tags"] == {"process": "worker", "job": "12", "task": "notices.send"}
    [error] = crashed["exception"]["values"]
    assert (error["type"], error["value"]) == ("RuntimeError", "cannot call [number]")
    assert re.fullmatch("[0-9a-f]{16}", crashed["tags"]["request"])
    everything = "".join(sentry.bodies)
    for private in (
        NUMBER,
        NUMBER[2:],
        EMAIL,
        WORD + '"',
        f"={WORD}",
        "of-somebody",
        "A Browser",
        "/crash/",
        os.uname().nodename + '"',
    ):
        assert private not in everything, private
    assert {*logged, *crashed} <= error_reports._KEPT
    assert not any("vars" in frame for frame in error["stacktrace"]["frames"])


@pytest.mark.slow
def test_without_an_address_the_package_is_not_even_loaded() -> None:
    done = run("import django, sys; django.setup(); print('sentry_sdk' in sys.modules)", SENTRY_DSN="")
    assert done.stdout.strip() == "False", done.stderr


def test_an_address_without_the_package_is_refused_in_words() -> None:
    done = run(
        "import sys; sys.modules['sentry_sdk'] = None; import django; django.setup()",
        SENTRY_DSN="http://a@127.0.0.1/1",
    )
    assert done.returncode != 0
    assert "SENTRY_DSN is set, and sentry-sdk is not installed: docs/logging.md." in done.stderr


def test_the_image_can_add_the_package_as_it_is_locked() -> None:
    lock, whole = (ROOT / "deploy/sentry.lock").read_text(), (ROOT / "requirements.lock").read_text()
    assert re.match(r"sentry-sdk==[0-9.]+ \\\n(    --hash=sha256:[0-9a-f]{64}( \\)?\n)+\Z", lock)
    assert lock in whole
    needed = {
        requirement.name
        for requirement in map(Requirement, requires("sentry-sdk") or [])
        if requirement.marker is None or requirement.marker.evaluate({"extra": "django"})
    }
    assert needed - SHIPPED == set()
