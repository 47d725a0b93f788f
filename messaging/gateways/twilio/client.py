"""Hands an SMS to Twilio, and asks for one that came in. Tests give the real client an HTTP client of their own (`using`)."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import requests
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http import HttpClient
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from messaging.gateways.base import Busy, Refused, Unknown
from messaging.gateways.twilio import account
from messaging.states import SmsState

TIMEOUT_SECONDS = 10
_ASK_TIMEOUT_SECONDS = 4  # Twilio waits 15 for the answer to a webhook
_VALIDITY_SECONDS = 4 * 3600  # a text that could not be delivered in this time is stale
_TRY_AGAIN = (429, 503)

# Statuses of the Message resource as ours; the others say nothing new.
MEANS = {
    "sent": SmsState.SENT,
    "delivered": SmsState.DELIVERED,
    "read": SmsState.DELIVERED,
    "undelivered": SmsState.UNDELIVERED,
    "failed": SmsState.FAILED,
    "canceled": SmsState.FAILED,
}

_http: ContextVar[HttpClient | None] = ContextVar("twilio_http", default=None)


@dataclass(frozen=True, slots=True)
class Record:
    """An SMS as Twilio keeps it."""

    sender: str
    receiver: str
    body: str
    media_count: int
    is_inbound: bool
    status: str
    error_code: str


def fetch(sid: str) -> Record | None:
    """The SMS of this SID in our account; None if there is none. Raises Unknown if Twilio cannot be asked."""
    try:
        message = _client(_ASK_TIMEOUT_SECONDS).messages(sid).fetch()
    except TwilioRestException as error:
        if error.status == 404:
            return None
        raise Unknown from None
    except (requests.RequestException, TwilioException):
        raise Unknown from None
    return Record(
        sender=str(message.from_ or ""),
        receiver=str(message.to or ""),
        body=str(message.body or ""),
        media_count=int(message.num_media or 0),
        is_inbound=message.direction == "inbound",
        status=str(message.status or ""),
        error_code=str(message.error_code or ""),
    )


def send(*, to: str, ours: str, body: str, status_url: str) -> str:
    """Hand one SMS over; Twilio's SID. Raises Refused (codes of twilio.com/docs/api/errors), Busy, Unknown."""
    try:
        response = _client(TIMEOUT_SECONDS).messages.create(
            to=to,
            from_=ours,
            body=body,
            status_callback=status_url,
            validity_period=_VALIDITY_SECONDS,
        )
    except TwilioRestException as error:
        if error.status in _TRY_AGAIN:
            raise Busy from None
        if 400 <= error.status < 500:
            code = str(error.code or error.status)
            raise Refused(code, is_unsubscribed=code == account.UNSUBSCRIBED) from None
        raise Unknown from None
    except requests.ConnectTimeout:
        raise Busy from None
    except (requests.RequestException, TwilioException):
        raise Unknown from None
    return str(response.sid)


def _client(timeout_seconds: int) -> Client:
    return Client(
        account.account_sid(),
        account.auth_token(),
        http_client=_http.get() or TwilioHttpClient(timeout=timeout_seconds),
    )


@contextmanager
def using(http_client: HttpClient) -> Iterator[None]:
    """Within this context the client speaks through `http_client`."""
    token = _http.set(http_client)
    try:
        yield
    finally:
        _http.reset(token)
