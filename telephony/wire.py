"""The wire format between Django and the adapter: signature, validation, and the envelope of an event. Pure.

No Django, no clock, no I/O; both sides and the tests import it. What an event says is typed (`telephony.events`); what
Django asks of the adapter is in `telephony.call_plan`. Times are seconds since the epoch, UTC; amounts never cross here:
prices come from the authorization.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from telephony import events
from telephony.events import Fact
from telephony.states import EventState

SIGNATURE_HEADER = "X-AEIMS-Signature"
TIMESTAMP_HEADER = "X-AEIMS-Timestamp"
TIME_HEADER = "X-AEIMS-Time"  # Django's date (epoch seconds), in all that it and the adapter ask and answer
SIGNATURE_VERSION = "v1"
WINDOW_SECONDS = 300
_MAX_METADATA_ITEMS = 64
_MAX_TEXT = 200


class WireError(ValueError):
    """The message is not of the agreed shape; `str(error)` names the field and what is wrong."""


@dataclass(frozen=True, slots=True)
class CallEvent:
    """One fact about one call, reported by the adapter.

    `ts` is Asterisk's own time of the fact, `sequence` counts from 1 within the call. `metadata` holds strings only;
    `fact` is what the known ones say (`telephony.events`), the others are kept as they came.
    """

    event_id: str
    sequence: int
    call_id: str
    direction: str
    ts: float
    state: EventState
    account_id: str
    operator_id: int | None = None
    session_id: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)

    @property
    def fact(self) -> Fact:
        """What the event says, typed. Raises ValueError where a required value is unusable; never after `parse_event`."""
        return events.fact_of(self.state, self.metadata)

    def to_json(self) -> bytes:
        """The body as sent; compact, keys sorted, so that a repeat is the same to the byte."""
        data = {
            "event_id": self.event_id,
            "sequence": self.sequence,
            "call_id": self.call_id,
            "direction": self.direction,
            "ts": self.ts,
            "state": str(self.state),
            "account_id": self.account_id,
            "operator_id": self.operator_id,
            "session_id": self.session_id,
            "metadata": dict(self.metadata),
        }
        return json.dumps(data, sort_keys=True, separators=(",", ":")).encode()


def parse_event(body: bytes) -> CallEvent:
    """Validate a webhook body. Unknown fields (a rate, say) are ignored, unknown metadata is kept.

    Raises WireError where a required field is unusable.
    """
    return event_from(json_object(body))


def event_from(data: Mapping[str, Any]) -> CallEvent:
    """The event that a JSON object holds, as `parse_event`. Raises WireError."""
    operator_id = data.get("operator_id")
    if operator_id is not None and (
        type(operator_id) is not int or operator_id < 1 or operator_id > 2**63 - 1
    ):
        raise WireError("operator_id: a positive whole number or null")
    sequence = data.get("sequence")
    if type(sequence) is not int or not 0 <= sequence <= 2**31 - 1:
        raise WireError("sequence: a whole number from 0")
    ts = data.get("ts")
    if not is_time(ts, events.EARLIEST):
        raise WireError("ts: seconds since the epoch")
    try:
        state = EventState(str(data.get("state")))
    except ValueError:
        raise WireError(f"state: one of {', '.join(EventState)}") from None
    session_id = data.get("session_id")
    event = CallEvent(
        event_id=text_field(data, "event_id"),
        sequence=sequence,
        call_id=text_field(data, "call_id"),
        direction=text_field(data, "direction"),
        ts=float(ts),
        state=state,
        account_id=text_field(data, "account_id"),
        operator_id=operator_id,
        session_id=None if session_id is None else text_field(data, "session_id"),
        metadata=_metadata(data.get("metadata")),
    )
    try:
        event.fact  # noqa: B018 (checked here, once, so that no service meets an unusable value)
    except ValueError as error:
        raise WireError(str(error)) from None
    return event


def sign(key: str, timestamp: str, body: bytes) -> str:
    """`v1=` and the hex HMAC-SHA256 of `timestamp.body` under the shared key."""
    digest = hmac.new(key.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return f"{SIGNATURE_VERSION}={digest}"


def signature_matches(keys: Iterable[str], timestamp: str, body: bytes, signature: str) -> bool:
    """Whether one of the keys made the signature. Constant-time comparison; an empty key matches nothing."""
    given = signature.encode()
    return any(hmac.compare_digest(sign(key, timestamp, body).encode(), given) for key in keys if key)


def bearer_matches(keys: Iterable[str], header: str) -> bool:
    """Whether an Authorization header holds one of the keys. Constant-time comparison; an empty key matches nothing."""
    given = header.encode(errors="replace")
    return any(hmac.compare_digest(f"Bearer {key}".encode(), given) for key in keys if key)


def timestamp_is_fresh(timestamp: str, at: float) -> bool:
    """Whether `timestamp` (epoch seconds as text) lies within the window around `at` (epoch seconds)."""
    if not re.fullmatch(r"[0-9]{1,10}(\.[0-9]{1,6})?", timestamp):
        return False
    return abs(float(timestamp) - at) <= WINDOW_SECONDS


def told_time(text: str | None) -> float | None:
    """The date in a TIME_HEADER (epoch seconds); None if there is none that can be read."""
    if text is None or not re.fullmatch(r"[0-9]{1,10}(\.[0-9]{1,6})?", text):
        return None
    return float(text)


def json_object(body: bytes) -> dict[str, Any]:
    """The JSON object in `body`. Raises WireError."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        raise WireError("body: not JSON") from None
    if not isinstance(data, dict):
        raise WireError("body: a JSON object")
    return data


def is_time(value: Any, earliest: float = 0.0) -> TypeGuard[int | float]:
    """A number of seconds that a date can be made of; so neither infinite nor NaN, which no time is ever later than."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and earliest <= value <= events.LATEST


def text_field(data: Mapping[str, Any], key: str) -> str:
    """A required text of printable characters. Raises WireError."""
    value = data.get(key)
    if not isinstance(value, str) or not value or len(value) > _MAX_TEXT or not value.isprintable():
        raise WireError(f"{key}: text of 1 to {_MAX_TEXT} printable characters")
    return value


def _metadata(value: Any) -> dict[str, str]:
    """Names and texts as they can be kept: what is no text is written as one, what can't be printed is left out.

    So nothing that a newer or broken sender adds keeps an `ended` from settling its call.
    """
    if not isinstance(value, dict):
        return {}
    pairs = list(value.items())[:_MAX_METADATA_ITEMS]
    return {
        _printable(key): _printable(text if isinstance(text, str) else json.dumps(text))
        for key, text in pairs
    }


def _printable(text: str) -> str:
    return "".join(character for character in text[:_MAX_TEXT] if character.isprintable())
