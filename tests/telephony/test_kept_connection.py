"""What Django asks the adapter goes over a connection that is kept, and one that is lost repeats only what can be repeated."""

import json
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from telephony import adapter_client
from telephony.adapter_client import Refused, Unknown

CALL = "call_1750000000_abcdef"


class Adapter(ThreadingHTTPServer):
    """Answers over connections that it keeps. `deeds`: what it does at the next requests instead."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.deeds: list[Callable[[_Handler], None]] = []
        self.connections = 0
        self.heard: Counter[str] = Counter()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Adapter

    def setup(self) -> None:
        super().setup()
        self.server.connections += 1

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.heard[self.path] += 1
        deed = self.server.deeds.pop(0) if self.server.deeds else answers
        deed(self)

    do_POST = do_GET

    def log_message(self, *_: Any) -> None:
        """Tests look at `heard`."""


def answers(handler: _Handler) -> None:
    body = json.dumps({"ok": True}).encode()
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body)))
    handler.send_header("Set-Cookie", "who=you")
    handler.end_headers()
    handler.wfile.write(body)


def closes(handler: _Handler) -> None:
    """Hears it, and closes the connection without a word."""
    handler.close_connection = True


def dies(handler: _Handler) -> None:
    """The same, and nobody listens any more."""
    handler.server.socket.shutdown(socket.SHUT_RDWR)
    handler.close_connection = True


@pytest.fixture
def adapter(settings: Any) -> Iterator[Adapter]:
    server = Adapter()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    settings.ASTERISK_ADAPTER_URL = f"http://127.0.0.1:{server.server_port}"
    yield server
    adapter_client._kept.session.close()
    server.shutdown()
    server.server_close()
    thread.join()


def ends(call_id: str = CALL) -> adapter_client.Answer:
    return adapter_client.hang_up(call_id, ended_by="customer", why="hangup")


def test_one_connection_serves_many_requests(adapter: Adapter) -> None:
    for _ in range(3):
        assert adapter_client.get_call(CALL).is_ok
        assert ends().is_ok
    assert adapter.connections == 1
    assert len(adapter_client._kept.session.cookies) == 0


def test_each_thread_has_its_own(adapter: Adapter) -> None:
    threads = [threading.Thread(target=ends) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ends()
    assert adapter.connections == 3


def test_one_that_was_idle_for_long_is_not_trusted(adapter: Adapter, monkeypatch: pytest.MonkeyPatch) -> None:
    ends()
    monkeypatch.setattr(adapter_client, "_IDLE_SECONDS", -1.0)
    ends()
    assert adapter.connections == 2


@pytest.mark.parametrize(
    "asks",
    [
        ends,
        lambda: adapter_client.get_call(CALL),
        lambda: adapter_client.extend(CALL, granted_seconds=60, final=True),
    ],
)
def test_a_connection_that_is_closed_unanswered_is_made_anew(
    adapter: Adapter, asks: Callable[[], Any]
) -> None:
    ends("call_1_before")
    adapter.deeds = [closes]
    assert asks().is_ok
    (path,) = [path for path in adapter.heard if CALL in path]
    assert (adapter.heard[path], adapter.connections) == (2, 2)


def test_a_new_connection_that_is_closed_unanswered_repeats_nothing(adapter: Adapter) -> None:
    adapter.deeds = [closes]
    with pytest.raises(Unknown):
        ends()
    assert adapter.heard.total() == 1


def test_what_was_perhaps_heard_is_not_refused_by_an_adapter_that_is_gone(adapter: Adapter) -> None:
    ends("call_1_before")
    adapter.deeds = [dies]
    with pytest.raises(Unknown):
        ends()
    with pytest.raises(Refused):  # this one certainly was not
        ends()


@pytest.mark.parametrize(
    "asks", [lambda: adapter_client.accept(CALL), lambda: adapter_client.say(CALL, ["common/thanks"])]
)
def test_what_cannot_be_repeated_has_a_connection_of_its_own(
    adapter: Adapter, asks: Callable[[], Any]
) -> None:
    ends("call_1_before")
    assert asks().is_ok
    assert adapter.connections == 2
    adapter.deeds = [closes]
    with pytest.raises(Unknown):
        asks()
    assert max(adapter.heard.values()) == 2, "one for each time it was asked"
