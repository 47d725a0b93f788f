"""A push service on the loopback (RFC 8030): takes messages, keeps them, and answers what it is told to.

`push_service`: the product may send there. A `Browser` has the keys of a subscription and reads what was sent to it.
"""

import base64
import json
import secrets
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import http_ece
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pytest_django.fixtures import Settings

from customers.models import Customer
from notices.models import PushSubscription
from notices.services.subscriptions import subscribe
from tests.factories import BrandFactory

PUSH_KEY = "push-key-of-no-installation"


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass
class Browser:
    """The receiving end of one subscription."""

    endpoint: str
    private_key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(16))

    @property
    def keys(self) -> dict[str, str]:
        point = self.private_key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return {"p256dh": encoded(point), "auth": encoded(self.secret)}

    def read(self, body: bytes) -> dict[str, Any]:
        text = http_ece.decrypt(
            body, private_key=self.private_key, auth_secret=self.secret, version="aes128gcm"
        )
        message: dict[str, Any] = json.loads(text)
        return message


@dataclass
class Taken:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes


class PushService:
    """`status` and `answer_headers`: what each message is answered."""

    def __init__(self) -> None:
        self.taken: list[Taken] = []
        self.status = 201
        self.answer_headers: dict[str, str] = {}
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                service.taken.append(Taken(self.path, headers, body))
                self.send_response(service.status)
                for name, value in service.answer_headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server.server_port}"
        self._thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self._thread.join()

    def browser(self) -> Browser:
        return Browser(f"http://{self.host}/send/{secrets.token_urlsafe(16)}")


@pytest.fixture
def push_service(settings: Settings) -> Iterator[PushService]:
    service = PushService()
    settings.PUSH_KEY, settings.PUSH_HOSTS = PUSH_KEY, [service.host, *settings.PUSH_HOSTS]
    yield service
    service.stop()


def given_subscription(customer: Customer, browser: Browser, session_id: int) -> PushSubscription:
    """The customer has turned notifications on in this browser."""
    return subscribe(
        person=customer.user, brand=BrandFactory(), session_id=session_id, endpoint=browser.endpoint,
        keys=browser.keys, device="Chrome on Android",
    )  # fmt: skip
