"""What Django and the adapter say to each other: shapes, validation, signature.

Pure: no Django, no clock, no I/O; both sides and the tests import it. Field names are the seed's
CallEvent plus `event_id` and `sequence`. Times are seconds since the epoch, UTC;
amounts never cross this seam: prices come from the authorization.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, TypeGuard

from core.phones import is_e164
from telephony.states import EventState

SIGNATURE_HEADER = "X-AEIMS-Signature"
TIMESTAMP_HEADER = "X-AEIMS-Timestamp"
SIGNATURE_VERSION = "v1"
WINDOW_SECONDS = 300
CALL_ID_PATTERN = re.compile(r"call_[0-9]{1,20}_[0-9a-z]{6,32}")
VERIFICATION_ID_PATTERN = re.compile(r"verify_[0-9]{1,20}_[0-9a-z]{6,32}")
_MAX_METADATA_ITEMS = 32
_MAX_SOUNDS = 60
_MAX_TEXT = 200
# Far enough for any honest clock, near enough that a date can always be made of it (year 2001 to 2286).
_TS_RANGE = (1_000_000_000.0, 9_999_999_999.0)


class WireError(ValueError):
    """The message is not of the agreed shape; `str(error)` names the field and what is wrong."""


@dataclass(frozen=True, slots=True)
class CallEvent:
    """One fact about one call, told by the adapter.

    `ts` is Asterisk's own time of the fact, `sequence` counts from 1 within the call, `metadata` holds
    strings only (as in the seed). Known metadata:

    - `leg`: which side (`ringing`, `answered` and endings);
    - `why`, `ended_by`: words of `EndReason` and `EndedBy` (endings);
    - `joined_at`, `left_at`: epoch seconds with milliseconds, by Asterisk's event times (where its date is not Django's,
      by Django's); absent on an ending that never joined; `joined_ms`: whole milliseconds both were joined (endings of joined calls);
    - `elapsed_ms`: milliseconds joined so far on the adapter's monotonic clock (`progress`, `ended`);
    - `clock_difference_ms`: how far the two clocks were apart, when more than 2 s.
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

    def to_json(self) -> bytes:
        """The body as sent; compact, keys sorted, so that a repeat is the same to the byte."""
        data = asdict(self) | {"state": str(self.state), "metadata": dict(self.metadata)}
        return json.dumps(data, sort_keys=True, separators=(",", ":")).encode()


def parse_event(body: bytes) -> CallEvent:
    """Validate a webhook body. Unknown fields (a rate, say) are ignored. Raises WireError."""
    data = _json_object(body)
    operator_id = data.get("operator_id")
    if operator_id is not None and (
        type(operator_id) is not int or operator_id < 1 or operator_id > 2**63 - 1
    ):
        raise WireError("operator_id: a positive whole number or null")
    sequence = data.get("sequence")
    if type(sequence) is not int or not 0 <= sequence <= 2**31 - 1:
        raise WireError("sequence: a whole number from 0")
    ts = data.get("ts")
    if not _is_time(ts, _TS_RANGE[0]):
        raise WireError("ts: seconds since the epoch")
    try:
        state = EventState(data.get("state"))  # type: ignore[arg-type]
    except ValueError:
        raise WireError(f"state: one of {', '.join(EventState)}") from None
    session_id = data.get("session_id")
    return CallEvent(
        event_id=_text(data, "event_id"),
        sequence=sequence,
        call_id=_text(data, "call_id"),
        direction=_text(data, "direction"),
        ts=float(ts),
        state=state,
        account_id=_text(data, "account_id"),
        operator_id=operator_id,
        session_id=None if session_id is None else _text(data, "session_id"),
        metadata=_metadata(data.get("metadata")),
    )


def seconds_of(metadata: Mapping[str, str], key: str) -> float | None:
    """A time out of metadata, epoch seconds; None if absent. Raises WireError if it is no plausible time."""
    text = metadata.get(key)
    if text is None:
        return None
    if (
        not re.fullmatch(r"[0-9]{1,10}(\.[0-9]{1,9})?", text)
        or not _TS_RANGE[0] <= float(text) <= _TS_RANGE[1]
    ):
        raise WireError(f"metadata.{key}: seconds since the epoch")
    return float(text)


def milliseconds_of(metadata: Mapping[str, str], key: str) -> int | None:
    """A span out of metadata, whole milliseconds; None if absent. Raises WireError if it is none."""
    text = metadata.get(key)
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]{1,12}", text):
        raise WireError(f"metadata.{key}: whole milliseconds")
    return int(text)


@dataclass(frozen=True, slots=True)
class LegPlan:
    """How one side is rung: numbers in E.164, limits in seconds, prompts as lists of sound names.

    `confirm`: this side must press 1. `prompts` maps a moment (`ask`, or a word of `EndReason`) to sounds
    played in order; `a|b` means b where the switch has no sound a.
    """

    number: str
    caller_id: str
    ring_seconds: int
    confirm: bool
    prompts: Mapping[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Originate:
    """Everything a call needs to live and to end without Django (docs/design.md section 5).

    `granted_seconds` counts from joining; `final` means no more will come unless Django says so;
    `not_after` (epoch seconds) is the last moment at which the customer's phone may be dialled;
    `warn_at_seconds` are the seconds left at which the customer hears a warning once the grant is final,
    with the sounds of `customer.prompts["warning_60"]` and so on.
    """

    call_id: str
    account_id: str
    operator_id: int
    customer: LegPlan
    operator: LegPlan
    granted_seconds: int
    final: bool
    not_after: float
    warn_at_seconds: tuple[int, ...] = (60, 15)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def parse_originate(body: bytes) -> Originate:
    """Validate an originate request. Raises WireError; a number is only checked for its form here."""
    data = _json_object(body)
    call_id = _text(data, "call_id")
    if not CALL_ID_PATTERN.fullmatch(call_id):
        raise WireError("call_id: not a call id")
    granted, operator_id, not_after = (
        data.get("granted_seconds"),
        data.get("operator_id"),
        data.get("not_after"),
    )
    if type(granted) is not int or not 1 <= granted <= 86_400:
        raise WireError("granted_seconds: 1 to 86400")
    if type(operator_id) is not int or operator_id < 1:
        raise WireError("operator_id: a positive whole number")
    if not _is_time(not_after):
        raise WireError("not_after: seconds since the epoch")
    if not isinstance(data.get("final"), bool):
        raise WireError("final: true or false")
    warn = data.get("warn_at_seconds", [60, 15])
    if not isinstance(warn, list) or any(type(w) is not int or not 1 <= w <= 600 for w in warn):
        raise WireError("warn_at_seconds: a list of seconds")
    return Originate(
        call_id=call_id,
        account_id=_text(data, "account_id"),
        operator_id=operator_id,
        customer=_leg(data, "customer"),
        operator=_leg(data, "operator"),
        granted_seconds=granted,
        final=data["final"],
        not_after=float(not_after),
        warn_at_seconds=tuple(sorted(set(warn), reverse=True)),
    )


@dataclass(frozen=True, slots=True)
class Verification:
    """A call that speaks a code to one phone and hangs up: no bridge, no charge, no report.

    `sounds` are played in order once the phone is answered; `not_after` (epoch seconds) is the last moment at which
    it may be dialled.
    """

    verification_id: str
    number: str = field(repr=False)
    caller_id: str
    sounds: list[str] = field(repr=False)
    not_after: float

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def parse_verification(body: bytes) -> Verification:
    """Validate a verification request. Raises WireError; no message of it holds the number or the code."""
    data = _json_object(body)
    verification_id, not_after, sounds = (data.get(k) for k in ("verification_id", "not_after", "sounds"))
    if not isinstance(verification_id, str) or not VERIFICATION_ID_PATTERN.fullmatch(verification_id):
        raise WireError("verification_id: not a verification id")
    if not _is_time(not_after):
        raise WireError("not_after: seconds since the epoch")
    if not isinstance(sounds, list) or not 1 <= len(sounds) <= _MAX_SOUNDS or not _are_sounds(sounds):
        raise WireError(f"sounds: 1 to {_MAX_SOUNDS} sound names")
    numbers = [data.get(key) for key in ("number", "caller_id")]
    if not all(isinstance(number, str) and is_e164(number) for number in numbers):
        raise WireError("number and caller_id: E.164")
    return Verification(verification_id, str(numbers[0]), str(numbers[1]), sounds, float(not_after))


def parse_grant(body: bytes) -> tuple[int, bool]:
    """An extend request: (granted_seconds, final). Raises WireError."""
    data = _json_object(body)
    granted, final = data.get("granted_seconds"), data.get("final")
    if type(granted) is not int or not 0 <= granted <= 86_400 or not isinstance(final, bool):
        raise WireError("granted_seconds: 0 to 86400, final: true or false")
    return granted, final


def sign(key: str, timestamp: str, body: bytes) -> str:
    """`v1=` and the hex HMAC-SHA256 of `timestamp.body` under the shared key."""
    digest = hmac.new(key.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return f"{SIGNATURE_VERSION}={digest}"


def signature_matches(key: str, timestamp: str, body: bytes, signature: str) -> bool:
    """Constant-time comparison; an empty key matches nothing."""
    return bool(key) and hmac.compare_digest(sign(key, timestamp, body).encode(), signature.encode())


def timestamp_is_fresh(timestamp: str, at: float) -> bool:
    """Whether `timestamp` (epoch seconds as text) lies within the window around `at` (epoch seconds)."""
    if not re.fullmatch(r"[0-9]{1,10}(\.[0-9]{1,6})?", timestamp):
        return False
    return abs(float(timestamp) - at) <= WINDOW_SECONDS


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        raise WireError("body: not JSON") from None
    if not isinstance(data, dict):
        raise WireError("body: a JSON object")
    return data


def _is_time(value: Any, earliest: float = 0.0) -> TypeGuard[int | float]:
    """A number of seconds that a date can be made of; so neither infinite nor NaN, which no time is ever later than."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and earliest <= value <= _TS_RANGE[1]


def _text(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key)
    if not isinstance(value, str) or not value or len(value) > _MAX_TEXT or not value.isprintable():
        raise WireError(f"{key}: text of 1 to {_MAX_TEXT} printable characters")
    return value


def _metadata(value: Any) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, dict) or len(value) > _MAX_METADATA_ITEMS:
        raise WireError(f"metadata: an object of at most {_MAX_METADATA_ITEMS} texts")
    for key, text in value.items():
        if not key.isprintable() or len(key) > _MAX_TEXT:
            raise WireError(f"metadata: names of at most {_MAX_TEXT} printable characters")
        if not isinstance(text, str) or len(text) > _MAX_TEXT or not text.isprintable():
            raise WireError(f"metadata.{key[:40]}: text of at most {_MAX_TEXT} printable characters")
    return value


def _are_sounds(names: list[Any]) -> bool:
    return all(isinstance(name, str) and re.fullmatch(r"[a-z0-9_/|-]{1,200}", name) for name in names)


def _leg(data: Mapping[str, Any], key: str) -> LegPlan:
    leg = data.get(key)
    if not isinstance(leg, dict):
        raise WireError(f"{key}: an object")
    number, caller_id, ring, prompts = (
        leg.get(k) for k in ("number", "caller_id", "ring_seconds", "prompts")
    )
    if not isinstance(number, str) or not is_e164(number):
        raise WireError(f"{key}.number: E.164")
    if not isinstance(caller_id, str) or not is_e164(caller_id):
        raise WireError(f"{key}.caller_id: E.164")
    if type(ring) is not int or not 5 <= ring <= 120:
        raise WireError(f"{key}.ring_seconds: 5 to 120")
    if not isinstance(leg.get("confirm"), bool):
        raise WireError(f"{key}.confirm: true or false")
    prompts = prompts or {}
    if not isinstance(prompts, dict) or not all(
        isinstance(sounds, list) and _are_sounds(sounds) for sounds in prompts.values()
    ):
        raise WireError(f"{key}.prompts: lists of sound names")
    return LegPlan(
        number=number, caller_id=caller_id, ring_seconds=ring, confirm=leg["confirm"], prompts=prompts
    )
