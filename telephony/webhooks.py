"""The door for the adapter's events: signature, freshness, shape; then one service."""

import logging

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from core import clock
from core.errors import DomainError
from telephony import wire
from telephony.errors import UnknownCall
from telephony.services.handle_event import handle_event

log = logging.getLogger(__name__)

MAX_BODY_BYTES = 65_536


@csrf_exempt
def call_events(request: HttpRequest) -> JsonResponse:
    """One signed event. 200 with the answer of docs/design.md section 5; 400, 401, 404, 405, 409, 422 with `ok: false`.

    What counts is the signed bytes: the content type is not looked at.
    """
    if request.method != "POST":
        return _refuse(405, "method_not_allowed")
    try:
        body = request.body
    except RequestDataTooBig:
        return _refuse(400, "body: too large")
    if len(body) > MAX_BODY_BYTES:
        return _refuse(400, "body: too large")
    timestamp = request.headers.get(wire.TIMESTAMP_HEADER, "")
    signature = request.headers.get(wire.SIGNATURE_HEADER, "")
    if not wire.signature_matches(settings.AEIMS_API_KEY, timestamp, body, signature):
        return _refuse(401, "bad_signature")
    at = clock.now().timestamp()
    if not wire.timestamp_is_fresh(timestamp, at):
        return _refuse(401, "stale_timestamp", server_time=at)
    try:
        # Sorted: a repeat is answered from the database, which does not keep the order of names.
        return JsonResponse(handle_event(wire.parse_event(body)), json_dumps_params={"sort_keys": True})
    except wire.WireError as error:
        return _refuse(400, str(error))
    except UnknownCall:
        return _refuse(404, "unknown call_id")
    except DomainError as error:
        log.warning("an event was refused: %s", error)
        return _refuse(409 if error.status == 409 else 422, error.error_code)


def _refuse(status: int, error: str, **extra: float) -> JsonResponse:
    headers = {"Allow": "POST"} if status == 405 else None
    return JsonResponse({"ok": False, "error": error, **extra}, status=status, headers=headers)
