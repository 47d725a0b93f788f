"""Web Push: encrypts a message for one browser (RFC 8291), signs it (RFC 8292), hands it to the browser's push service.

Endpoints come from browsers. One that is not of a push service on the list (`AEIMS_PUSH_HOSTS`) is never connected to, and
no answer is followed to another address.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import urlsplit

import requests
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from py_vapid import Vapid02
from pywebpush import WebPusher

from core import clock

_CONNECT_SECONDS, _READ_SECONDS = 3.0, 6.0
_TOKEN_SECONDS = 12 * 3600  # a push service refuses one that is good for longer than a day
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256
LONGEST_TTL_SECONDS = 86_400
LONGEST_WAIT_SECONDS = 3600


class PushGone(Exception):
    """The browser took its subscription back (404, 410)."""


class PushRefused(Exception):
    """The push service won't take this message. `status_code`: what it answered; 0: it was not asked."""

    def __init__(self, status_code: int) -> None:
        super().__init__(f"status {status_code}")
        self.status_code = status_code


class PushDelayed(Exception):
    """It is to be tried again: too many (429), or the service is down (5xx). `after_seconds`: as it asks, or None."""

    def __init__(self, status_code: int, after_seconds: int | None) -> None:
        super().__init__(f"status {status_code}")
        self.status_code = status_code
        self.after_seconds = after_seconds


def is_available() -> bool:
    """Whether this installation sends push notifications: it has a key."""
    return bool(settings.PUSH_KEY)


def public_key() -> str:
    """What browsers subscribe with (`applicationServerKey`)."""
    point = _private_key(settings.PUSH_KEY).public_key()
    raw = point.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def is_allowed(endpoint: str) -> bool:
    """Whether this is an address of a push service on the list. Entries with a leading dot stand for all names below."""
    try:
        parts = urlsplit(endpoint)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if parts.username is not None or parts.password is not None:
        return False
    for entry in settings.PUSH_HOSTS:
        if ":" in entry:  # a stand-in on the loopback, for tests
            is_match = parts.scheme == "http" and parts.netloc == entry and not settings.IS_PRODUCTION
        else:
            is_below = entry.startswith(".") and host.endswith(entry)
            is_match = parts.scheme == "https" and port in (None, 443) and (host == entry or is_below)
        if is_match:
            return True
    return False


def are_usable(keys: Mapping[str, str]) -> bool:
    """Whether a message can be encrypted with what the browser gave: a point of P-256 and 16 bytes."""
    try:
        point, secret = (
            base64.urlsafe_b64decode(f"{keys[name]}{'=' * (-len(keys[name]) % 4)}")
            for name in ("p256dh", "auth")
        )
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except (KeyError, TypeError, ValueError):
        return False
    return len(secret) == 16


def push(
    endpoint: str,
    keys: Mapping[str, str],
    message: bytes,
    *,
    ttl_seconds: int,
    topic: str,
    is_urgent: bool = False,
) -> None:
    """Hand `message` over. `topic`: a newer message with the same one replaces it while the browser is away.
    `is_urgent`: it wakes a phone that saves its battery.

    Raises PushGone, PushRefused, PushDelayed, or requests' errors when there is no answer.
    """
    if not is_allowed(endpoint):
        raise PushRefused(0)
    parts = urlsplit(endpoint)
    body = WebPusher({"endpoint": endpoint, "keys": dict(keys)}).encode(message)["body"]
    claims = {
        "aud": f"{parts.scheme}://{parts.netloc}",
        "exp": int(clock.now().timestamp()) + _TOKEN_SECONDS,
        "sub": f"mailto:{settings.DEFAULT_FROM_EMAIL}",
    }
    headers = {
        **Vapid02(_private_key(settings.PUSH_KEY)).sign(claims),
        "Content-Encoding": "aes128gcm",
        "TTL": str(min(max(ttl_seconds, 0), LONGEST_TTL_SECONDS)),
        "Topic": topic,
        "Urgency": "high" if is_urgent else "normal",
    }
    with requests.post(
        endpoint, data=body, headers=headers, timeout=(_CONNECT_SECONDS, _READ_SECONDS), allow_redirects=False,
        stream=True,
    ) as answer:  # fmt: skip
        _check(answer)


def _check(answer: requests.Response) -> None:
    """What the status says; the answer's text is not read."""
    if answer.status_code in (404, 410):
        raise PushGone
    if answer.status_code == 429 or answer.status_code >= 500:
        after = answer.headers.get("Retry-After", "")
        raise PushDelayed(
            answer.status_code, min(int(after), LONGEST_WAIT_SECONDS) if after.isdigit() else None
        )
    if not 200 <= answer.status_code < 300:
        raise PushRefused(answer.status_code)


@lru_cache(maxsize=2)
def _private_key(key: str) -> ec.EllipticCurvePrivateKey:
    """Made from the setting, which is as random as our other keys are."""
    digest = hmac.new(key.encode(), b"web push", hashlib.sha256).digest()
    return ec.derive_private_key(int.from_bytes(digest, "big") % (_ORDER - 1) + 1, ec.SECP256R1())
