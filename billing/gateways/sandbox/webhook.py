"""Tells the merchant's webhook of an event, as card companies do: a signed POST, tried a few times.

The address is what the merchant entered on the processor's pages; here it is our own web process.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

import requests
from django.conf import settings
from django.urls import reverse

from billing.gateways import SANDBOX
from billing.gateways.sandbox.models import SandboxEvent
from billing.gateways.sandbox.order import sign
from billing.gateways.secret_path import secret_path
from core import clock

SIGNATURE_HEADER = "X-Sandbox-Signature"
MOST_TRIES = 5
_TIMEOUT_SECONDS = (2.0, 10.0)


@dataclass(frozen=True, slots=True)
class Post:
    """One request: `path` on our own host."""

    path: str
    body: bytes
    headers: Mapping[str, str]


def post_of(event: SandboxEvent) -> Post:
    """The request that reports it."""
    body = json.dumps(
        {"id": event.key, "event": event.event, "payment": event.payment, "charge": event.charge.number}
    ).encode()
    path = reverse("payment-notice", args=[SANDBOX, secret_path(SANDBOX)])
    return Post(path, body, {"Content-Type": "application/json", SIGNATURE_HEADER: sign(body)})


def send(post: Post) -> int:
    """By HTTP; the status, 0 where nothing answered."""
    address = f"http://127.0.0.1:{settings.PORT}{post.path}"
    try:
        return requests.post(
            address, data=post.body, headers=post.headers, timeout=_TIMEOUT_SECONDS, allow_redirects=False
        ).status_code
    except requests.RequestException:
        return 0


def deliver(event: SandboxEvent, *, by: Callable[[Post], int] = send) -> bool:
    """Report an event as often as its card says; whether each was answered 200. The key is the same each time."""
    post = post_of(event)
    answers = [by(post) for _ in range(event.copies)]
    event.tries += 1
    if all(status == 200 for status in answers):
        event.delivered_at = clock.now()
    event.save(update_fields=["tries", "delivered_at"])
    return event.delivered_at is not None


def pause_after(tries: int) -> timedelta:
    """How long to wait before the next try."""
    return timedelta(seconds=4**tries)
