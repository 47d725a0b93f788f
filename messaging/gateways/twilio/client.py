"""Hands an SMS to Twilio. Tests give the real client an HTTP client of their own (`using`)."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import requests
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http import HttpClient
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from messaging.gateways.base import Busy, Refused, Unknown
from messaging.gateways.twilio import account

TIMEOUT_SECONDS = 10
_VALIDITY_SECONDS = 4 * 3600  # a text that could not be delivered in this time is stale
_TRY_AGAIN = (429, 503)

_http: ContextVar[HttpClient | None] = ContextVar("twilio_http", default=None)


def send(*, to: str, ours: str, body: str, status_url: str) -> str:
    """Hand one SMS over; Twilio's SID. Raises Refused (codes of twilio.com/docs/api/errors), Busy, Unknown."""
    client = Client(
        account.account_sid(),
        account.auth_token(),
        http_client=_http.get() or TwilioHttpClient(timeout=TIMEOUT_SECONDS),
    )
    try:
        response = client.messages.create(
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


@contextmanager
def using(http_client: HttpClient) -> Iterator[None]:
    """Within this context the client speaks through `http_client`."""
    token = _http.set(http_client)
    try:
        yield
    finally:
        _http.reset(token)
