"""What Django asks of the adapter: call plans, grants, verifications; shapes and validation. Pure.

Both sides and the tests import it. Field names are part of the wire format. Times are seconds since the epoch, UTC.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from core.phones import is_e164
from telephony.wire import WireError, is_time, json_object, text_field

CALL_ID_PATTERN = re.compile(r"call_[0-9]{1,20}_[0-9a-z]{6,32}")
VERIFICATION_ID_PATTERN = re.compile(r"verify_[0-9]{1,20}_[0-9a-z]{6,32}")
DEFAULT_ASK_AHEAD_SECONDS = 90  # for plans of a web that doesn't send it yet
DEFAULT_WARN_AT_SECONDS = (60, 15)
DEFAULT_OPERATOR_HOLD_SECONDS, DEFAULT_CUSTOMER_HOLD_SECONDS, DEFAULT_SILENCE_SECONDS = 15, 60, 30
MOST_HOLD_SECONDS = 3600
MOST_ASK_AHEAD_SECONDS, MOST_WARN_AT_SECONDS = 3600, 600
DEFAULT_NEXT_AFTER_SECONDS, LEAST_RING_SECONDS, MOST_RING_SECONDS = 12, 5, 120
MOST_PHONES = 4  # of one leg
_MAX_SOUNDS = 60
MOST_SEALED = 32_000
_PHONE_NAME = re.compile(r"phone_[0-9]{1,19}")
_SEALED = re.compile(rf"[A-Za-z0-9_=-]{{0,{MOST_SEALED}}}")


@dataclass(frozen=True, slots=True)
class LegPlan:
    """How one side is rung: numbers in E.164, limits in seconds, prompts as lists of sound names.

    `confirm`: this side must press 1. `prompts` maps a moment to sounds played in order; `a|b` means b where the switch
    has no sound a. Moments: `ask`; `connecting` (the customer's, from their 1 on); `offer` (the operator's, after their
    first 1: with it they accept by a second one); `failed`, or a word of `EndReason`.
    `next_numbers`: more phones of the operator, rung one after the other for `next_after_seconds` each, all of them within
    `ring_seconds`. `phones` are web's names for each phone in that order, never numbers; a report about one phone tells its
    name. Empty, as in plans of an older web: nobody asks which phone it was.
    """

    number: str
    caller_id: str
    ring_seconds: int
    confirm: bool
    prompts: Mapping[str, list[str]] = field(default_factory=dict)
    next_numbers: Sequence[str] = field(default=(), repr=False)
    next_after_seconds: int = DEFAULT_NEXT_AFTER_SECONDS
    phones: Sequence[str] = ()

    @property
    def numbers(self) -> list[str]:
        """All phones of this side, in the order in which they are rung."""
        return [self.number, *self.next_numbers]

    def on(self, index: int, ring_seconds: int) -> "LegPlan":
        """The plan of one of its phones alone, which rings for so long."""
        names = self.phones[index : index + 1]
        return replace(
            self, number=self.numbers[index], ring_seconds=ring_seconds, next_numbers=(), phones=names
        )


@dataclass(frozen=True, slots=True)
class Originate:
    """Everything a call needs to live and to end without Django (docs/design.md section 5).

    `granted_seconds` counts from joining; `final` means no more will come unless Django says so;
    `not_after` (epoch seconds) is the last moment at which the customer's phone may be dialled;
    `ask_ahead_seconds` are the seconds left at which the adapter asks for more; `warn_at_seconds` those at which the
    customer hears a warning once the grant is final, with the sounds of `customer.prompts["warning_60"]` and so on.
    A party may keep the other on hold for so many seconds; `silence_seconds` is after how many without a packet of sound
    the switch ends a leg (its `RTP_TIMEOUT`): they are not talk. `ends_at` (epoch seconds): the call ends then, whatever is
    granted; None, as in plans of an older web: no such time was chosen. `sealed`: the terms as issued, for nobody but web
    (`telephony.sealed_terms`); the adapter keeps them in its journal and gives them back. Empty: a web that has none.
    """

    call_id: str
    account_id: str
    operator_id: int
    customer: LegPlan
    operator: LegPlan
    granted_seconds: int
    final: bool
    not_after: float
    ask_ahead_seconds: int = DEFAULT_ASK_AHEAD_SECONDS
    warn_at_seconds: tuple[int, ...] = DEFAULT_WARN_AT_SECONDS
    operator_hold_seconds: int = DEFAULT_OPERATOR_HOLD_SECONDS
    customer_hold_seconds: int = DEFAULT_CUSTOMER_HOLD_SECONDS
    silence_seconds: int = DEFAULT_SILENCE_SECONDS
    ends_at: float | None = None
    sealed: str = field(default="", repr=False)

    def to_dict(self) -> dict[str, Any]:
        return _shallow(self) | {"customer": _shallow(self.customer), "operator": _shallow(self.operator)}


def _shallow(plan: "Originate | LegPlan") -> dict[str, Any]:
    """Its fields by their names. What `dataclasses.asdict` gives for these two, without a copy of every list."""
    return {name: getattr(plan, name) for name in plan.__slots__}


def parse_originate(body: bytes) -> Originate:
    """Validate an originate request. Raises WireError; a number is only checked for its form here."""
    data = json_object(body)
    call_id = text_field(data, "call_id")
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
    if not is_time(not_after):
        raise WireError("not_after: seconds since the epoch")
    if not isinstance(data.get("final"), bool):
        raise WireError("final: true or false")
    warn = data.get("warn_at_seconds", list(DEFAULT_WARN_AT_SECONDS))
    if not isinstance(warn, list) or any(
        type(w) is not int or not 1 <= w <= MOST_WARN_AT_SECONDS for w in warn
    ):
        raise WireError("warn_at_seconds: a list of seconds")
    return Originate(
        call_id=call_id,
        account_id=text_field(data, "account_id"),
        operator_id=operator_id,
        customer=_leg(data, "customer"),
        operator=_leg(data, "operator"),
        granted_seconds=granted,
        final=data["final"],
        not_after=float(not_after),
        ask_ahead_seconds=_seconds(
            data, "ask_ahead_seconds", DEFAULT_ASK_AHEAD_SECONDS, MOST_ASK_AHEAD_SECONDS
        ),
        warn_at_seconds=tuple(sorted(set(warn), reverse=True)),
        operator_hold_seconds=_seconds(
            data, "operator_hold_seconds", DEFAULT_OPERATOR_HOLD_SECONDS, MOST_HOLD_SECONDS
        ),
        customer_hold_seconds=_seconds(
            data, "customer_hold_seconds", DEFAULT_CUSTOMER_HOLD_SECONDS, MOST_HOLD_SECONDS
        ),
        silence_seconds=_seconds(data, "silence_seconds", DEFAULT_SILENCE_SECONDS, MOST_HOLD_SECONDS),
        ends_at=_end_time(data),
        sealed=_sealed(data),
    )


@dataclass(frozen=True, slots=True)
class Verification:
    """A call that speaks a code to one phone and hangs up: no bridge, no charge, no report.

    `sounds` are played in order once the phone is answered; `not_after` (epoch seconds) is the last moment at which
    it may be dialled. `key`: a test call, which waits for this key and then plays `thanks`; empty, as from an older web: none.
    """

    verification_id: str
    number: str = field(repr=False)
    caller_id: str
    sounds: list[str] = field(repr=False)
    not_after: float
    key: str = ""
    thanks: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def parse_verification(body: bytes) -> Verification:
    """Validate a verification request. Raises WireError; no message of it holds the number or the code."""
    data = json_object(body)
    verification_id, not_after, sounds = (data.get(k) for k in ("verification_id", "not_after", "sounds"))
    if not isinstance(verification_id, str) or not VERIFICATION_ID_PATTERN.fullmatch(verification_id):
        raise WireError("verification_id: not a verification id")
    if not is_time(not_after):
        raise WireError("not_after: seconds since the epoch")
    if not isinstance(sounds, list) or not 1 <= len(sounds) <= _MAX_SOUNDS or not are_sounds(sounds):
        raise WireError(f"sounds: 1 to {_MAX_SOUNDS} sound names")
    numbers = [data.get(key) for key in ("number", "caller_id")]
    if not all(isinstance(number, str) and is_e164(number) for number in numbers):
        raise WireError("number and caller_id: E.164")
    key, thanks = data.get("key", ""), data.get("thanks", [])
    if key not in ("", *"0123456789") or not isinstance(thanks, list) or not are_sounds(thanks):
        raise WireError("key: one digit or none; thanks: sound names")
    return Verification(
        verification_id, str(numbers[0]), str(numbers[1]), sounds, float(not_after), key, thanks
    )


def parse_grant(body: bytes) -> tuple[int, bool, float | None]:
    """An extend request: (granted_seconds, final, ends_at); the last is None unless it names one. Raises WireError."""
    data = json_object(body)
    granted, final = data.get("granted_seconds"), data.get("final")
    if type(granted) is not int or not 0 <= granted <= 86_400 or not isinstance(final, bool):
        raise WireError("granted_seconds: 0 to 86400, final: true or false")
    return granted, final, _end_time(data)


def _sealed(data: Mapping[str, Any]) -> str:
    sealed = data.get("sealed", "")
    if not isinstance(sealed, str) or not _SEALED.fullmatch(sealed):
        raise WireError(f"sealed: at most {MOST_SEALED} characters of base64")
    return sealed


def _end_time(data: Mapping[str, Any]) -> float | None:
    ends_at = data.get("ends_at")
    if ends_at is not None and not is_time(ends_at):
        raise WireError("ends_at: seconds since the epoch")
    return None if ends_at is None else float(ends_at)


def parse_say(body: bytes) -> list[str]:
    """A request to say something to the customer: sound names. Raises WireError."""
    sounds = sounds_in(json_object(body).get("sounds"))
    if not sounds:
        raise WireError(f"sounds: 1 to {_MAX_SOUNDS} sound names")
    return sounds


def sounds_in(value: Any) -> list[str]:
    """The sound names of a list; empty for anything else."""
    is_list = isinstance(value, list) and len(value) <= _MAX_SOUNDS and are_sounds(value)
    return list(value) if is_list else []


def _seconds(data: Mapping[str, Any], key: str, default: int, most: int) -> int:
    value = data.get(key, default)
    if type(value) is not int or not 1 <= value <= most:
        raise WireError(f"{key}: 1 to {most}")
    return value


def are_sounds(names: list[Any]) -> bool:
    """Whether these are names as plans have them, `a|b` among them."""
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
    if type(ring) is not int or not LEAST_RING_SECONDS <= ring <= MOST_RING_SECONDS:
        raise WireError(f"{key}.ring_seconds: {LEAST_RING_SECONDS} to {MOST_RING_SECONDS}")
    if not isinstance(leg.get("confirm"), bool):
        raise WireError(f"{key}.confirm: true or false")
    prompts = prompts or {}
    if not isinstance(prompts, dict) or not all(
        isinstance(sounds, list) and are_sounds(sounds) for sounds in prompts.values()
    ):
        raise WireError(f"{key}.prompts: lists of sound names")
    numbers, after, phones = _next_phones(leg, key)
    return LegPlan(
        number=number,
        caller_id=caller_id,
        ring_seconds=ring,
        confirm=leg["confirm"],
        prompts=prompts,
        next_numbers=numbers,
        next_after_seconds=after,
        phones=phones,
    )


def _next_phones(leg: Mapping[str, Any], key: str) -> tuple[tuple[str, ...], int, tuple[str, ...]]:
    """The other phones of a leg, the seconds until the next is rung, and all their names. No message holds a number."""
    numbers, phones = leg.get("next_numbers", []), leg.get("phones", [])
    after = leg.get("next_after_seconds", DEFAULT_NEXT_AFTER_SECONDS)
    if not isinstance(numbers, list) or not all(isinstance(one, str) and is_e164(one) for one in numbers):
        raise WireError(f"{key}.next_numbers: E.164")
    if len(numbers) >= MOST_PHONES or (numbers and key != "operator"):
        raise WireError(f"{key}.next_numbers: at most {MOST_PHONES - 1}, of the operator")
    if type(after) is not int or not LEAST_RING_SECONDS <= after <= MOST_RING_SECONDS:
        raise WireError(f"{key}.next_after_seconds: {LEAST_RING_SECONDS} to {MOST_RING_SECONDS}")
    if not isinstance(phones, list) or not all(
        isinstance(name, str) and _PHONE_NAME.fullmatch(name) for name in phones
    ):
        raise WireError(f"{key}.phones: names of phones")
    if phones and len(phones) != len(numbers) + 1:
        raise WireError(f"{key}.phones: one name for each phone")
    return tuple(numbers), after, tuple(phones)
