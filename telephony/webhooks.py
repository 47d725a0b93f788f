"""The endpoint of the adapter's events: its signature is the login, the signed bytes are the request, one service acts."""

import json
import logging
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import RequestDataTooBig
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.permissions import AllowAny
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core import clock, log_lines
from core.errors import DomainError
from core.security_log import refused
from telephony import batch_wire, greeting_wire, wire
from telephony.errors import UnknownCall, UnknownGreetingCall
from telephony.services.handle_batch import Failed, NotDone, Outcome, handle_batch
from telephony.services.handle_event import handle_event
from telephony.services.record_greeting_by_phone import handle_greeting_event

log = logging.getLogger(__name__)

MAX_BODY_BYTES = 65_536


class StaleTimestamp(exceptions.AuthenticationFailed):
    """Signed too long ago or ahead of time; the sender learns the server's time (epoch seconds)."""

    def __init__(self, server_time: float) -> None:
        super().__init__("stale_timestamp")
        self.server_time = server_time


class SignatureAuthentication(BaseAuthentication):
    """Lets in whoever signed these bytes, just now, with the shared key or one that it replaces. `request.user` stays nobody."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, str]:
        body = _body(request)
        timestamp = request.headers.get(wire.TIMESTAMP_HEADER, "")
        signature = request.headers.get(wire.SIGNATURE_HEADER, "")
        keys = (settings.AEIMS_API_KEY, *settings.AEIMS_API_KEY_FALLBACKS)
        if not wire.signature_matches(keys, timestamp, body, signature):
            refused("event.bad_signature")
            raise exceptions.AuthenticationFailed("bad_signature")
        at = clock.now().timestamp()
        if not wire.timestamp_is_fresh(timestamp, at):
            raise StaleTimestamp(at)
        return AnonymousUser(), signature

    def authenticate_header(self, request: Request) -> str:
        return wire.SIGNATURE_HEADER


class PlainJSONRenderer(BaseRenderer):
    """JSON as the adapter has always had it, to the byte."""

    media_type, format, charset = "application/json", "json", None

    def render(self, data: Any, *_: Any, **__: Any) -> bytes:
        return json.dumps(data).encode()


class _NoNegotiation(BaseContentNegotiation):
    """What counts is the signed bytes: what the sender would like to read is not looked at (and no parser runs)."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        renderer = next(iter(renderers))
        return renderer, renderer.media_type


class SignedView(APIView):
    """Takes one signed message of the adapter, and dates its answer. 400, 401, 404, 405, 409, 422 with `ok: false`."""

    max_body_bytes = MAX_BODY_BYTES
    schema = None  # not for the API's clients
    http_method_names = ["post"]
    authentication_classes = [SignatureAuthentication]
    permission_classes = [AllowAny]  # the signature is all there is to have
    throttle_classes = ()
    parser_classes = ()
    renderer_classes = [PlainJSONRenderer]
    content_negotiation_class = _NoNegotiation

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if request.method != "POST":  # whoever asks, signed or not
            raise exceptions.MethodNotAllowed(str(request.method))
        super().initial(request, *args, **kwargs)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        """Every answer carries our date, from which the adapter knows how far its own is off."""
        final = super().finalize_response(request, response, *args, **kwargs)
        final[wire.TIME_HEADER] = f"{clock.now().timestamp():.3f}"
        return final

    def get_exception_handler(self) -> Callable[[Exception, dict[str, Any]], Response | None]:
        return _refusal


class CallEventView(SignedView):
    """One event of a call. 200 with the answer of docs/design.md section 5."""

    def post(self, request: Request) -> Response:
        event = wire.parse_event(_body(request))
        with log_lines.also(call=event.call_id, origin=_origin(request)):
            answer = handle_event(event)
        return Response(_sorted(answer))


class EventBatchView(SignedView):
    """A backlog of at most 50 events. 200 with status and body for each, in their order; 413 for more."""

    max_body_bytes = batch_wire.MAX_BODY_BYTES

    def post(self, request: Request) -> Response:
        entries = batch_wire.parse_batch(_body(request))
        with log_lines.also(origin=_origin(request)):
            outcomes = handle_batch(entries)
        return Response(batch_wire.batch_answer(_answer_to(outcome) for outcome in outcomes))


class GreetingEventView(SignedView):
    """One event of a call that records an operator's greeting; the one that ends it may carry the recording."""

    max_body_bytes = greeting_wire.MAX_BODY_BYTES

    def post(self, request: Request) -> Response:
        event = greeting_wire.parse_greeting_event(_body(request))
        with log_lines.also(call=event.greeting_id, origin=_origin(request)):
            handle_greeting_event(event)
        return Response({"ok": True})


def _sorted(answer: dict[str, Any]) -> dict[str, Any]:
    """A repeat is answered from the database, which does not keep the order of names."""
    return dict(sorted(answer.items()))


def _answer_to(outcome: Outcome) -> batch_wire.Answer:
    """Status and body of one event of a batch, as it would have been answered alone."""
    match outcome:
        case dict():
            return 200, _sorted(outcome)
        case NotDone():
            return batch_wire.NOT_DONE
        case Failed():
            return batch_wire.FAILED
    refusal = _refusal(outcome, {})
    assert refusal is not None, "a service that refuses raises what can be told"
    return refusal.status_code, refusal.data


def _origin(request: Request) -> str:
    return log_lines.request_id_of(request.headers.get(log_lines.REQUEST_ID_HEADER, ""))


def _body(request: Request) -> bytes:
    try:
        body: bytes = request.body
    except RequestDataTooBig:
        raise exceptions.ParseError("body: too large") from None
    if len(body) > request.parser_context["view"].max_body_bytes:
        raise exceptions.ParseError("body: too large")
    return body


def _refusal(error: Exception, context: dict[str, Any]) -> Response | None:
    """Every refusal in the words of the seed; anything that is not expected crashes loudly (500, logged)."""
    match error:
        case batch_wire.TooManyEvents():
            return _refuse(413, str(error))
        case wire.WireError():
            return _refuse(400, str(error))
        case UnknownCall():
            return _refuse(404, "unknown call_id")
        case UnknownGreetingCall():
            return _refuse(404, "unknown greeting_id")
        case DomainError():
            log.warning("an event was refused: %s", error)
            return _refuse(409 if error.status == 409 else 422, error.error_code)
        case StaleTimestamp():
            return _refuse(error.status_code, str(error.detail), server_time=error.server_time)
        case exceptions.MethodNotAllowed():
            return _refuse(error.status_code, "method_not_allowed")
        case exceptions.APIException():
            return _refuse(error.status_code, str(error.detail))
    return None


def _refuse(status: int, error: str, **extra: float) -> Response:
    return Response({"ok": False, "error": error, **extra}, status=status)
