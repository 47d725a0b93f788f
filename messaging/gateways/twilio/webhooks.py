"""Twilio's webhooks: an SMS that came in, and what became of one of ours.

Their signature runs names and values together without a mark between them and holds no time, so it is not enough: only
parameters that we know, each once, each of the right shape, from our own account; and everything takes effect once, by SID.
"""

import logging
import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST
from twilio.request_validator import RequestValidator
from twilio.twiml.messaging_response import MessagingResponse

from core.errors import DomainError
from core.phones import E164_PATTERN
from messaging.gateways.twilio import account
from messaging.services.receive_sms import Incoming, receive_sms
from messaging.services.sms_status import note_status
from messaging.states import SmsState

log = logging.getLogger(__name__)

MAX_BODY_BYTES = 32_768
_SID = re.compile(r"(?:SM|MM)[0-9a-f]{32}\Z")
_ANY_SID = re.compile(r"[A-Z]{2}[0-9a-f]{32}\Z")
_SMALL_NUMBER = re.compile(r"[0-9]{1,5}\Z")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_WORD = re.compile(r"[a-z_]{1,30}\Z")
_ANY = re.compile(r".*\Z", re.DOTALL)

# Shapes of twilio.com/docs/messaging/guides/webhook-request and …/track-outbound-message-status.
_COMMON = {"MessageSid": _SID, "AccountSid": _ANY_SID, "From": E164_PATTERN, "To": E164_PATTERN}
_COMMON_OPTIONAL = {
    "SmsSid": _SID, "SmsMessageSid": _SID, "SmsStatus": _WORD, "ApiVersion": _DATE, "MessagingServiceSid": _ANY_SID,
}  # fmt: skip
_INBOUND = _COMMON | {"Body": _ANY, "NumMedia": _SMALL_NUMBER}
_PLACES = ("City", "State", "Zip", "Country")
_INBOUND_OPTIONAL = (
    _COMMON_OPTIONAL
    | {"NumSegments": _SMALL_NUMBER, "OptOutType": re.compile(r"(?:STOP|START|HELP)\Z")}
    | {f"{side}{place}": _ANY for side in ("From", "To") for place in _PLACES}
    | {f"Media{thing}{n}": _ANY for thing in ("ContentType", "Url") for n in range(10)}
)
_STATUS = _COMMON | {"MessageStatus": _WORD}
_STATUS_OPTIONAL = _COMMON_OPTIONAL | {
    "ErrorCode": _SMALL_NUMBER, "ErrorMessage": _ANY, "RawDlrDoneDate": re.compile(r"[0-9]{10,14}\Z"),
}  # fmt: skip
_SHAPES = tuple[dict[str, re.Pattern[str]], dict[str, re.Pattern[str]]]

# Statuses of the Message resource as ours; the others say nothing new.
_MEANS = {
    "sent": SmsState.SENT,
    "delivered": SmsState.DELIVERED,
    "read": SmsState.DELIVERED,
    "undelivered": SmsState.UNDELIVERED,
    "failed": SmsState.FAILED,
    "canceled": SmsState.FAILED,
}

View = Callable[..., HttpResponse]


def from_twilio(
    required: dict[str, re.Pattern[str]], optional: dict[str, re.Pattern[str]]
) -> Callable[[View], View]:
    """Lets in what Twilio signed for our account and what has this shape, and hands its parameters on."""

    def decorate(view: View) -> View:
        @require_POST
        @wraps(view)
        def guarded(request: HttpRequest, **kwargs: Any) -> HttpResponse:
            if not account.auth_token() or len(request.body) > MAX_BODY_BYTES:
                return HttpResponse(status=403)
            address = (account.webhook_url() or f"{request.scheme}://{request.get_host()}") + request.path
            signature = request.headers.get("X-Twilio-Signature", "")
            validator = RequestValidator(account.auth_token())
            if request.GET or not validator.validate(address, request.POST, signature):
                return HttpResponse(status=403)
            parameters = _strict(request, required, required | optional)
            if parameters is None:
                return HttpResponse(status=400)
            if parameters["AccountSid"] != account.account_sid():
                return HttpResponse(status=403)
            return view(parameters, **kwargs)

        return guarded

    return decorate


def _strict(
    request: HttpRequest, required: dict[str, re.Pattern[str]], known: dict[str, re.Pattern[str]]
) -> dict[str, str] | None:
    """The parameters, if each is known, there once and well shaped, and none is missing."""
    parameters = dict(request.POST.lists())
    strange = [name for name in parameters if name not in known]
    if strange:
        log.error("Twilio sent parameters that we do not know: %s", ", ".join(sorted(strange))[:200])
    is_good = (
        not strange
        and required.keys() <= parameters.keys()
        and all(len(values) == 1 and known[name].match(values[0]) for name, values in parameters.items())
        and parameters.get("SmsSid", parameters["MessageSid"]) == parameters["MessageSid"]
    )
    return {name: values[0] for name, values in parameters.items()} if is_good else None


@from_twilio(_INBOUND, _INBOUND_OPTIONAL)
def inbound(parameters: dict[str, str], *, is_ours: Callable[[str], bool]) -> HttpResponse:
    """An SMS to one of our numbers; the answer is TwiML."""
    response = MessagingResponse()
    if not is_ours(parameters["To"]):
        return HttpResponse(status=403)
    answer = receive_sms(
        Incoming(
            sid=parameters["MessageSid"],
            phone_number=parameters["From"],
            our_number=parameters["To"],
            body=parameters["Body"],
            media_count=int(parameters["NumMedia"]),
            carrier_answered="OptOutType" in parameters,
        )
    )
    if answer:
        response.message(answer)
    return HttpResponse(str(response), content_type="text/xml; charset=utf-8")


@from_twilio(_STATUS, _STATUS_OPTIONAL)
def status(parameters: dict[str, str], reference: str) -> HttpResponse:
    """What became of the SMS of this reference."""
    error_code = parameters.get("ErrorCode", "")
    try:
        note_status(
            reference=reference,
            sid=parameters["MessageSid"],
            state=_MEANS.get(parameters["MessageStatus"]),
            error_code=error_code,
            is_unsubscribed=error_code == account.UNSUBSCRIBED,
            phone_number=parameters["To"],
            our_number=parameters["From"],
        )
    except DomainError as error:
        return HttpResponse(status=error.status)
    return HttpResponse(status=204)
