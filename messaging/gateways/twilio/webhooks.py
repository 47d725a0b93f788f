"""Twilio's webhooks: an SMS that came in, and what became of one of ours.

Their signature runs names and values together without a mark between them and holds no time. So whoever has seen one
signed request can cut it anew: another sender, another text. It proves no more than that Twilio knows of something. What
an SMS says, and from whom, is therefore asked of Twilio by its SID before it changes consent or money. While Twilio cannot
be asked, a STOP is obeyed as it came and checked later (`checks.py`): not to send is the safe direction. Parameters that
we do not know are ignored, as Twilio adds some without notice; those that we know have shapes; everything takes effect
once, by SID.
"""

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_POST
from twilio.request_validator import RequestValidator
from twilio.twiml.messaging_response import MessagingResponse

from core.errors import DomainError
from core.phones import E164_PATTERN, is_e164
from messaging.gateways.base import Unknown
from messaging.gateways.twilio import account, checks, client
from messaging.keywords import keyword_of
from messaging.models import Sms
from messaging.services.claimed_stop import take_claimed_stop
from messaging.services.receive_sms import Incoming, help_text, receive_sms
from messaging.services.sms_status import note_status
from messaging.states import ConsentAction

log = logging.getLogger(__name__)

MAX_BODY_BYTES = 32_768
_SID = re.compile(r"(?:SM|MM)[0-9a-f]{32}\Z")
_ANY_SID = re.compile(r"[A-Z]{2}[0-9a-f]{32}\Z")
_SMALL_NUMBER = re.compile(r"[0-9]{1,5}\Z")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_WORD = re.compile(r"[a-z_]{1,30}\Z")
_TEXT = re.compile(r".{0,4096}\Z", re.DOTALL)
_PLACE = re.compile(r"[^\x00-\x1f]{0,100}\Z")

# Shapes of twilio.com/docs/messaging/guides/webhook-request and …/track-outbound-message-status.
_Shapes = dict[str, re.Pattern[str]]
_COMMON: _Shapes = {"MessageSid": _SID, "AccountSid": _ANY_SID, "From": E164_PATTERN, "To": E164_PATTERN}
_COMMON_OPTIONAL: _Shapes = {
    "SmsSid": _SID, "SmsMessageSid": _SID, "SmsStatus": _WORD, "ApiVersion": _DATE, "MessagingServiceSid": _ANY_SID,
}  # fmt: skip
_INBOUND = _COMMON | {"Body": _TEXT, "NumMedia": _SMALL_NUMBER}
_PLACES = ("City", "State", "Zip", "Country")
_INBOUND_OPTIONAL = (
    _COMMON_OPTIONAL
    | {"NumSegments": _SMALL_NUMBER, "OptOutType": re.compile(r"(?:STOP|START|HELP)\Z")}
    | {f"{side}{place}": _PLACE for side in ("From", "To") for place in _PLACES}
    | {f"Media{thing}{n}": _TEXT for thing in ("ContentType", "Url") for n in range(10)}
)
_STATUS = _COMMON | {"MessageStatus": _WORD}
_STATUS_OPTIONAL = _COMMON_OPTIONAL | {
    "ErrorCode": _SMALL_NUMBER, "ErrorMessage": _TEXT, "RawDlrDoneDate": re.compile(r"[0-9]{10,14}\Z"),
}  # fmt: skip

UNCONFIRMED = gettext_noop(
    "Not sent: we couldn't check your text right now. Nothing was charged. Please send it again."
)

View = Callable[..., HttpResponse]


@dataclass(frozen=True, slots=True)
class Signed:
    """What Twilio signed, as this request splits it: the `parameters` that we know, each once and well shaped."""

    parameters: dict[str, str]
    has_unknown: bool  # there were others, which a part of the signed text could be hidden in


def from_twilio(required: _Shapes, optional: _Shapes) -> Callable[[View], View]:
    """Lets in what Twilio signed for our account and what has this shape, and hands it on as `Signed`."""

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
            parameters = _known(request, required, required | optional)
            if parameters is None:
                return HttpResponse(status=400)
            if parameters["AccountSid"] != account.account_sid():
                return HttpResponse(status=403)
            signed = Signed(parameters, has_unknown=len(parameters) < len(request.POST))
            return view(signed, **kwargs)

        return guarded

    return decorate


def _known(request: HttpRequest, required: _Shapes, known: _Shapes) -> dict[str, str] | None:
    """The parameters that we know, if each is there once and well shaped, and none is missing."""
    parameters = {name: values for name, values in request.POST.lists() if name in known}
    unknown_names = sorted(set(request.POST) - parameters.keys())
    if unknown_names:
        log.info("Twilio sent parameters that we do not know: %s", ascii(unknown_names)[:200])
    is_good = required.keys() <= parameters.keys() and all(
        len(values) == 1 and known[name].match(str(values[0])) for name, values in parameters.items()
    )
    if not is_good:
        return None
    single = {name: str(values[0]) for name, values in parameters.items()}
    sids = {single[name] for name in ("MessageSid", "SmsSid", "SmsMessageSid") if name in single}
    return single if len(sids) == 1 else None


@from_twilio(_INBOUND, _INBOUND_OPTIONAL)
def inbound(signed: Signed, *, is_ours: Callable[[str], bool]) -> HttpResponse:
    """An SMS to one of our numbers; the answer is TwiML. What it says is what Twilio says when asked."""
    parameters = signed.parameters
    sid = parameters["MessageSid"]
    if Sms.objects.filter(sid=sid).exists():
        return _twiml("")
    claimed = Incoming(
        sid=sid,
        phone_number=parameters["From"],
        our_number=parameters["To"],
        body=parameters["Body"].replace("\x00", ""),
        media_count=int(parameters["NumMedia"]),
        carrier_answered="OptOutType" in parameters,
    )
    try:
        incoming = _as_twilio_has_it(claimed)
    except Unknown:
        return _twiml(_take_unchecked(claimed)) if is_ours(claimed.our_number) else HttpResponse(status=403)
    if incoming is None or not is_ours(incoming.our_number):
        return HttpResponse(status=403)
    return _twiml(receive_sms(incoming))


def _take_unchecked(claimed: Incoming) -> str:
    """What to answer to an SMS that Twilio cannot be asked for. STOP is obeyed until it is checked, HELP is answered, any other text
    is not taken.
    """
    keyword = keyword_of(claimed.body, is_stopped=False)
    if keyword == ConsentAction.STOP:
        return take_claimed_stop(claimed)
    if keyword == ConsentAction.HELP:
        return "" if claimed.carrier_answered else help_text(claimed.our_number)
    log.warning("an SMS was not taken: Twilio could not be asked for it")
    return _(UNCONFIRMED)


def _as_twilio_has_it(claimed: Incoming) -> Incoming | None:
    """The SMS of this SID that came in to our account; None if there is none. Raises Unknown."""
    record = client.fetch(claimed.sid)
    if record is None or not record.is_inbound or not is_e164(record.sender):
        return None
    return replace(
        claimed,
        phone_number=record.sender,
        our_number=record.receiver,
        body=record.body.replace("\x00", ""),
        media_count=record.media_count,
    )


def _twiml(answer: str) -> HttpResponse:
    response = MessagingResponse()
    if answer:
        response.message(answer)
    return HttpResponse(str(response), content_type="text/xml; charset=utf-8")


@from_twilio(_STATUS, _STATUS_OPTIONAL)
def status(signed: Signed, *, reference: str) -> HttpResponse:
    """What became of the SMS of this reference.

    The shapes leave one reading of a callback that holds nothing but what we know; any other is asked for, later if
    Twilio can't be asked now.
    """
    parameters = signed.parameters
    state, error_code = parameters["MessageStatus"], parameters.get("ErrorCode", "")
    if signed.has_unknown:
        try:
            record = client.fetch(parameters["MessageSid"])
        except Unknown:
            checks.ask_later(reference=reference, sid=parameters["MessageSid"])
            return HttpResponse(status=204)
        if record is None:
            return HttpResponse(status=403)
        state, error_code = record.status, record.error_code
    try:
        note_status(
            reference=reference,
            sid=parameters["MessageSid"],
            state=client.MEANS.get(state),
            error_code=error_code,
            is_unsubscribed=error_code == account.UNSUBSCRIBED,
            phone_number=parameters["To"],
            our_number=parameters["From"],
        )
    except DomainError as error:
        return HttpResponse(status=error.status)
    return HttpResponse(status=204)
