"""Twilio as its published API document describes it, behind the real client: what it takes, refuses and answers.

`twilio_create_message.json` is the operation CreateMessage of Twilio's OpenAPI document `twilio_api_v2010`
(github.com/twilio/twilio-oai), every name, type, pattern and word of it, with references resolved and prose left out.
What the document leaves to prose is below: E.164 numbers, at most 1600 characters (twilio.com/docs/api/errors/21617).
"""

import base64
import json
import re
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.request_validator import RequestValidator

ACCOUNT = "AC" + "0123456789abcdef" * 2
TOKEN = "a token of no account"
WEBHOOK = "https://flirts.example"

DOCUMENT: dict[str, Any] = json.loads(Path(__file__).with_name("twilio_create_message.json").read_text())
_SERVER = urlsplit(DOCUMENT["server"])
_BEFORE, _, _AFTER = DOCUMENT["path"].partition("{AccountSid}")
_FORMATS = {"phone-number": r"\+[1-9]\d{6,14}", "uri": r"https?://\S+", "date-time": r"\d{4}-\d\d-\d\dT\S+"}
_TYPES = {"boolean": r"true|false", "integer": r"\d+", "number": r"\d+(\.\d+)?", "string": r"(?s).*"}
MOST_CHARACTERS = 1600


def fits(value: str, shape: dict[str, Any]) -> bool:
    """Whether a form's value is what the document says of it."""
    if shape["type"] == "array":
        return fits(value, shape["items"])
    return (
        re.fullmatch(_TYPES[shape["type"]], value) is not None
        and re.fullmatch(_FORMATS.get(shape.get("format", ""), r"(?s).*"), value) is not None
        and re.search(shape.get("pattern", ""), value) is not None
        and shape.get("minLength", 0) <= len(value) <= shape.get("maxLength", MOST_CHARACTERS)
        and value in shape.get("enum", [value])
    )


class FakeTwilio(HttpClient):
    """Takes what Twilio would take. `taken` are the parameters of each accepted message; `next_error` refuses one."""

    def __init__(self) -> None:
        super().__init__(logger=None, is_async=False)  # type: ignore[arg-type]
        self.taken: list[dict[str, str]] = []
        self.next_error: tuple[int, int] | Exception | None = None
        self.received: dict[str, dict[str, str]] = {}  # by SID: what people wrote to us, as webhooks tell it
        self.is_away = False  # whether it can be asked for a message

    def request(
        self, method: str, url: str, *args: Any, data: Any = None, auth: Any = None, **rest: Any
    ) -> Response:
        asked = urlsplit(url)
        if method == "GET":
            return self._fetch(asked.path)
        account = asked.path.removeprefix(_BEFORE).removesuffix(_AFTER)
        if (method, asked.scheme, asked.hostname) != ("POST", _SERVER.scheme, _SERVER.hostname) or (
            asked.path != f"{_BEFORE}{account}{_AFTER}" or not fits(account, DOCUMENT["AccountSid"])
        ):
            return _error(404, 20404)
        if (auth or self._login(rest.get("headers"))) != (ACCOUNT, TOKEN) or account != ACCOUNT:
            return _error(401, 20003)
        parameters = {name: str(value) for name, value in (data or {}).items()}
        if self.next_error is not None:
            problem, self.next_error = self.next_error, None
            if isinstance(problem, Exception):
                raise problem
            return _error(*problem)
        if not parameters.keys() >= set(DOCUMENT["required"]) or not parameters.keys() & {
            "Body",
            "MediaUrl",
            "ContentSid",
        }:
            return _error(400, 21602)
        for name, value in parameters.items():
            if name not in DOCUMENT["parameters"] or not fits(value, DOCUMENT["parameters"][name]):
                return _error(400, 21211 if name == "To" else 20001)
        sid = "SM" + secrets.token_hex(16)
        self.taken.append({**parameters, "sid": sid})
        answer: dict[str, Any] = dict.fromkeys(DOCUMENT["answer"])
        answer |= {
            "sid": sid, "account_sid": ACCOUNT, "status": "queued", "direction": "outbound-api",
            "body": parameters.get("Body"), "to": parameters["To"], "from": parameters.get("From"),
            "num_segments": "1", "num_media": "0", "api_version": "2010-04-01",
        }  # fmt: skip
        told = {name: str(value) for name, value in answer.items() if value is not None}
        assert all(fits(value, DOCUMENT["answer"][name]) for name, value in told.items()), "as documented"
        return Response(201, json.dumps(answer))

    def _fetch(self, path: str) -> Response:
        """The Message resource of one SID (twilio.com/docs/messaging/api/message-resource)."""
        if self.is_away:
            raise requests.ConnectTimeout
        sid = path.rpartition("/")[2].removesuffix(".json")
        came = self.received.get(sid)
        if came is None:
            return _error(404, 20404)
        told = {
            "sid": sid, "account_sid": ACCOUNT, "direction": "inbound", "from": came["From"], "to": came["To"], "body": came["Body"],
            "num_media": came.get("NumMedia", "0"), "status": came.get("status", "received"), "error_code": came.get("error_code"),
        }  # fmt: skip
        return Response(200, json.dumps({**dict.fromkeys(DOCUMENT["answer"]), **told}))

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
