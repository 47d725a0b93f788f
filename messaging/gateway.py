"""Twilio, at one seam: hand an SMS over, and know in three words what became of that.

Tests give the real client an HTTP client of their own (`using`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import requests
from django.conf import settings
from django.urls import reverse
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http import HttpClient
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

TIMEOUT_SECONDS = 10
_VALIDITY_SECONDS = 4 * 3600  # a text that could not be delivered in this time is stale
_TRY_AGAIN = (429, 503)

_http: ContextVar[HttpClient | None] = ContextVar("twilio_http", default=None)


class Refused(Exception):
    """Twilio said no: it was not sent and will not be. `code` is theirs (twilio.com/docs/api/errors)."""

    def __init__(self, code: int) -> None:
        super().__init__(f"Twilio refused: {code}")
        self.code = code


class Busy(Exception):
    """It was certainly not sent; it may be in a moment."""


class Unknown(Exception):
    """Nobody can say whether it was sent; the status callback will."""


def is_configured() -> bool:
    """Whether there is an account to send from."""
    return bool(settings.TWILIO_ACCOUNT_SID and settings.TWILIO_AUTH_TOKEN)


def status_url(reference: str) -> str:
    """Where Twilio reports on the SMS of this reference."""
    return settings.TWILIO_WEBHOOK_URL + reverse("sms-status", args=[reference])


def send(*, to: str, ours: str, body: str, reference: str) -> str:
    """Hand one SMS over; Twilio's SID. Raises Refused, Busy, Unknown."""
    client = Client(
        settings.TWILIO_ACCOUNT_SID,
        settings.TWILIO_AUTH_TOKEN,
        http_client=_http.get() or TwilioHttpClient(timeout=TIMEOUT_SECONDS),
    )
    try:
        response = client.messages.create(
            to=to,
            from_=ours,
            body=body,
            status_callback=status_url(reference),
            validity_period=_VALIDITY_SECONDS,
        )
    except TwilioRestException as error:
        if error.status in _TRY_AGAIN:
            raise Busy from None
        if 400 <= error.status < 500:
            raise Refused(error.code or error.status) from None
        raise Unknown from None
    except requests.ConnectTimeout:
        raise Busy from None
    except (requests.RequestException, TwilioException):
        raise Unknown from None
    return str(response.sid)


@contextmanager
def using(http_client: HttpClient) -> Iterator[None]:
    """Within this context the client speaks through `http_client`."""
    token = _http.set(http_client)
    try:
        yield
    finally:
        _http.reset(token)
