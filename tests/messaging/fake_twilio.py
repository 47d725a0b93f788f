"""Twilio as its published API document describes it, behind the real client: what it takes, refuses and answers.

Facts from Twilio's OpenAPI document `twilio_api_v2010` (github.com/twilio/twilio-oai, MIT): the operation `CreateMessage`
of `/2010-04-01/Accounts/{AccountSid}/Messages.json`.
"""

import base64
import json
import re
import secrets
from typing import Any
from urllib.parse import urlsplit

from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.request_validator import RequestValidator

ACCOUNT = "AC" + "0123456789abcdef" * 2
TOKEN = "a token of no account"
WEBHOOK = "https://flirts.example"

_PATH = re.compile(r"/2010-04-01/Accounts/(?P<account>AC[0-9a-fA-F]{32})/Messages\.json\Z")
REQUIRED = {"To"}
PATTERNS = {
    "To": r"\+[1-9]\d{6,14}", "From": r"\+[1-9]\d{6,14}", "FallbackFrom": r"\+[1-9]\d{6,14}", "Body": r"(?s).{1,1600}",
    "StatusCallback": r"https?://\S+", "ApplicationSid": r"AP[0-9a-fA-F]{32}", "MaxPrice": r"\d+(\.\d+)?",
    "ProvideFeedback": r"true|false", "Attempt": r"\d+", "ValidityPeriod": r"\d+", "ForceDelivery": r"true|false",
    "ContentRetention": r"retain|discard", "AddressRetention": r"retain|obfuscate", "SmartEncoded": r"true|false",
    "PersistentAction": r".*", "TrafficType": r"free", "ShortenUrls": r"true|false", "ScheduleType": r"fixed",
    "SendAt": r"\S+", "SendAsMms": r"true|false", "ContentVariables": r".*", "RiskCheck": r"enable|disable",
    "MessagingServiceSid": r"MG[0-9a-fA-F]{32}", "MediaUrl": r"https?://\S+", "ContentSid": r"HX[0-9a-fA-F]{32}",
}  # fmt: skip
ANSWER = [
    "body",
    "num_segments",
    "direction",
    "from",
    "to",
    "date_updated",
    "price",
    "error_message",
    "uri",
    "account_sid",
    "num_media",
    "status",
    "messaging_service_sid",
    "sid",
    "date_sent",
    "date_created",
    "error_code",
    "price_unit",
    "api_version",
    "subresource_uris",
]


class FakeTwilio(HttpClient):
    """Takes what Twilio would take. `taken` are the parameters of each accepted message; `next_error` refuses one."""

    def __init__(self) -> None:
        super().__init__(logger=None, is_async=False)  # type: ignore[arg-type]
        self.taken: list[dict[str, str]] = []
        self.next_error: tuple[int, int] | Exception | None = None

    def request(
        self, method: str, url: str, *args: Any, data: Any = None, auth: Any = None, **rest: Any
    ) -> Response:
        found = _PATH.match(urlsplit(url).path)
        if method != "POST" or found is None or urlsplit(url).hostname != "api.twilio.com":
            return _error(404, 20404)
        if (auth or self._login(rest.get("headers"))) != (ACCOUNT, TOKEN) or found["account"] != ACCOUNT:
            return _error(401, 20003)
        parameters = {name: str(value) for name, value in (data or {}).items()}
        if self.next_error is not None:
            problem, self.next_error = self.next_error, None
            if isinstance(problem, Exception):
                raise problem
            return _error(*problem)
        if not parameters.keys() >= REQUIRED or not parameters.keys() & {"Body", "MediaUrl", "ContentSid"}:
            return _error(400, 21602)
        for name, value in parameters.items():
            if name not in PATTERNS or not re.fullmatch(PATTERNS[name], value):
                return _error(400, 21211 if name == "To" else 20001)
        sid = "SM" + secrets.token_hex(16)
        self.taken.append({**parameters, "sid": sid})
        answer: dict[str, Any] = dict.fromkeys(ANSWER)
        answer |= {
            "sid": sid, "account_sid": ACCOUNT, "status": "queued", "direction": "outbound-api",
            "body": parameters.get("Body"), "to": parameters["To"], "from": parameters.get("From"),
            "num_segments": "1", "num_media": "0", "api_version": "2010-04-01",
        }  # fmt: skip
        return Response(201, json.dumps(answer))

    @staticmethod
    def _login(headers: dict[str, str] | None) -> tuple[str, str] | None:
        scheme, _, value = (headers or {}).get("Authorization", "").partition(" ")
        if scheme != "Basic":
            return None
        user, _, password = base64.b64decode(value).decode().partition(":")
        return user, password


def _error(status: int, code: int) -> Response:
    return Response(
        status, json.dumps({"code": code, "message": "refused", "status": status, "more_info": ""})
    )


def new_sid() -> str:
    return "SM" + secrets.token_hex(16)


def inbound(sender: str, ours: str, body: str, **more: str) -> dict[str, str]:
    """The parameters of an SMS to us, as Twilio posts them."""
    sid = more.pop("MessageSid", new_sid())
    return {
        "ToCountry": "US", "ToState": "NY", "SmsMessageSid": sid, "NumMedia": "0", "ToCity": "NEW YORK",
        "FromZip": "10001", "SmsSid": sid, "FromState": "NY", "SmsStatus": "received", "FromCity": "NEW YORK",
        "Body": body, "FromCountry": "US", "To": ours, "ToZip": "10001", "NumSegments": "1", "MessageSid": sid,
        "AccountSid": ACCOUNT, "From": sender, "ApiVersion": "2010-04-01", **more,
    }  # fmt: skip


def signed(path: str, parameters: Any, token: str = TOKEN) -> dict[str, str]:
    """The header that proves a request of Twilio's."""
    return {"X-Twilio-Signature": RequestValidator(token).compute_signature(WEBHOOK + path, parameters)}
