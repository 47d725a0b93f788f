"""What every API answer has in common: `success`, one error shape, and writes that can be repeated safely."""

import hashlib
import json
import logging
from collections.abc import Callable
from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder
from rest_framework.views import exception_handler as rest_exception_handler

from core.db import advisory_lock, is_unavailable
from core.encryption import hashes
from core.errors import DomainError
from core.models import IdempotentAnswer
from core.money import as_number

log = logging.getLogger(__name__)

RETRY_SECONDS = 5  # told to whoever is answered 503
_CODES = {
    400: "invalid",
    401: "not_authenticated",
    403: "not_allowed",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    415: "unsupported_media_type",
    429: "limit_reached",
}
# What fingerprints named before actions had names: answers stored then are still given again.
_EARLIER_NAMES = {
    "calls.initiate": "telephony.api.InitiateView",
    "calls.hangup": "telephony.api.HangupView",
    "messages.send": "messaging.api.SendView",
    "messages.reply": "messaging.api.ReplyView",
}


def error_body(message: str, code: str, **extra: Any) -> dict[str, Any]:
    """The one shape of every error. Amounts named `*_minor` are told as decimal numbers without the suffix."""
    payload = {
        k.removesuffix("_minor"): as_number(v) if k.endswith("_minor") else v for k, v in extra.items()
    }
    return {"success": False, "error": message, "code": code, **payload}


def domain_error_response(error: DomainError) -> Response:
    """An expected failure as the API tells it."""
    extra = dict(error.extra)
    if error.status == status.HTTP_402_PAYMENT_REQUIRED:
        extra["needs_funds"] = True
    response = Response(error_body(error.message, error.error_code, **extra), status=error.status)
    if "retry_after_seconds" in extra:
        response["Retry-After"] = str(extra["retry_after_seconds"])
    return response


def unavailable_response() -> Response:
    """The database cannot be asked; nothing has changed, and the same request may be sent again."""
    response = Response(error_body(_("We’ll be right back. Please try again."), "unavailable"), status=503)
    response["Retry-After"] = str(RETRY_SECONDS)
    return response


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's hook: our errors and its own in the one shape; anything else crashes loudly (500, logged)."""
    if isinstance(error, DomainError):
        return domain_error_response(error)
    if is_unavailable(error):
        log.error("the database is unavailable", exc_info=error)
        return unavailable_response()
    response = rest_exception_handler(error, context)
    if response is None:
        return None
    code = _CODES.get(response.status_code, "error")
    extra: dict[str, Any] = {}
    if isinstance(error, exceptions.ValidationError):
        extra["fields"] = error.detail
    wait = getattr(error, "wait", None)  # of a throttle
    if wait is not None:
        extra["retry_after_seconds"] = int(wait) + 1
        response["Retry-After"] = str(extra["retry_after_seconds"])
    if isinstance(error, Http404 | exceptions.NotFound):
        message = _("Not found.")
    elif isinstance(error, exceptions.ValidationError):
        message = _first_sentence(error.detail)
    else:
        message = str(getattr(error, "detail", error))
    response.data = error_body(message, code, **extra)
    return response


def idempotent(request: Request, action: str, act: Callable[[str | None], Response]) -> Response:
    """Run `act(key)` at most once for this user and `Idempotency-Key`; without the header just run `act(None)`.

    `action` names what is done ("calls.initiate"), at whichever address. The same key, action, and body gives the stored
    answer, also when both requests come at once: the second waits for the first. Another action or body is refused with
    409. A failed request keeps nothing, so that it may be tried again. `act` hands the key to its service, which knows
    it again even if we die before the answer is stored.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return act(None)
    if not 1 <= len(key) <= 200 or not key.isprintable():
        return Response(
            error_body(_("Idempotency-Key: 1 to 200 printable characters."), "invalid"), status=400
        )
    fingerprint = _fingerprint(action, request.data)
    user_id = request.user.pk or 0
    with advisory_lock(f"idempotency {user_id} {key}"):
        stored_answer = IdempotentAnswer.objects.filter(user_id=user_id, key=key).first()
        if stored_answer and stored_answer.fingerprint not in _fingerprints(action, request.data):
            body = error_body(_("This Idempotency-Key was used for another request."), "idempotency_conflict")
            return Response(body, status=409)
        if stored_answer:
            return Response(_in_order(stored_answer.answer), status=stored_answer.status)
        response = act(key)
        if response.status_code < 400:
            response.data = _in_order(response.data)
            IdempotentAnswer.objects.create(
                user_id=user_id,
                key=key,
                fingerprint=fingerprint,
                status=response.status_code,
                answer=response.data,
            )
        return response


def _fingerprint(action: str, body: Any) -> str:
    """Keyed: a request to call names a phone, and there are few enough of them to try each."""
    return hashes(_payload(action, body), "request")[0].hex()


def _fingerprints(action: str, body: Any) -> set[str]:
    """Those under which an answer to this request may be stored: today's, and those of older keys and versions."""
    payloads = {_payload(name, body) for name in (action, _EARLIER_NAMES.get(action, action))}
    return {digest.hex() for payload in payloads for digest in hashes(payload, "request")} | {
        hashlib.sha256(payload.encode()).hexdigest() for payload in payloads
    }


def _payload(action: str, body: Any) -> str:
    return f"{action} {json.dumps(body, sort_keys=True, default=str)}"


def _in_order(answer: Any) -> Any:
    """Names in alphabetical order: the database does not keep ours, and a repeat is to be the same to the byte."""
    return json.loads(json.dumps(answer, sort_keys=True, cls=JSONEncoder))


def _first_sentence(detail: Any, path: str = "") -> str:
    if isinstance(detail, dict):
        field, value = next(iter(detail.items()))
        return _first_sentence(value, "" if field == "non_field_errors" else str(field))
    if isinstance(detail, list):
        return _first_sentence(detail[0], path)
    return f"{path}: {detail}" if path else str(detail)
