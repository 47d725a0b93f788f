"""What Django and the adapter tell each other about a call that records an operator's greeting: the plan, and its events. Pure.

An event goes to an address of its own, signed as events of calls are (`telephony.wire`). The one that ends the call carries the
recording, if its operator pressed 1: that is the only way in which a recording leaves the node.
"""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from core.phones import is_e164
from telephony.call_plan import are_sounds
from telephony.states import GreetingCallEnd, GreetingCallState
from telephony.wire import WireError, is_time, json_object

GREETING_ID_PATTERN = re.compile(r"greeting_[0-9]{1,20}_[0-9a-z]{6,32}")
MAX_SECONDS = 20
# WAV, 8 kHz, mono, 16 bit: 16,000 bytes a second, and a second more than may be recorded.
MAX_SOUND_BYTES = (MAX_SECONDS + 1) * 16_000 + 1_000
MAX_BODY_BYTES = MAX_SOUND_BYTES * 4 // 3 + 2_000
PROMPTS = ("ask", "too_short", "review", "choose", "kept", "given_up")


@dataclass(frozen=True, slots=True)
class GreetingCallPlan:
    """Ring one phone and record what is said after a tone, for at most `MAX_SECONDS`.

    `prompts` maps a moment (`PROMPTS`) to sounds, as `call_plan.LegPlan.prompts`. `not_after` (epoch seconds) is the last moment at
    which the phone may be dialed.
    """

    greeting_id: str
    number: str = field(repr=False)
    caller_id: str
    prompts: Mapping[str, list[str]]
    not_after: float

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def parse_greeting_call(body: bytes) -> GreetingCallPlan:
    """Validate a plan. Raises WireError; no message of it holds the number."""
    data = json_object(body)
    prompts, not_after = data.get("prompts"), data.get("not_after")
    if not is_time(not_after):
        raise WireError("not_after: seconds since the epoch")
    if not isinstance(prompts, dict) or not all(
        isinstance(prompts.get(moment), list) and are_sounds(prompts[moment]) for moment in PROMPTS
    ):
        raise WireError("prompts: lists of sound names")
    numbers = [data.get(key) for key in ("number", "caller_id")]
    if not all(isinstance(number, str) and is_e164(number) for number in numbers):
        raise WireError("number and caller_id: E.164")
    return GreetingCallPlan(
        _greeting_id(data),
        str(numbers[0]),
        str(numbers[1]),
        {moment: prompts[moment] for moment in PROMPTS},
        float(not_after),
    )


@dataclass(frozen=True, slots=True)
class GreetingEvent:
    """How far such a call is. `sequence` counts from 1 within it; `why` belongs to `ended`, `sound` (a WAV file) to `kept`."""

    greeting_id: str
    sequence: int
    state: GreetingCallState
    why: GreetingCallEnd | None = None
    sound: bytes = field(default=b"", repr=False)

    def to_json(self) -> bytes:
        """The body as sent; a repeat is the same to the byte."""
        data = {
            "greeting_id": self.greeting_id,
            "sequence": self.sequence,
            "state": str(self.state),
            "why": str(self.why or ""),
            "sound": base64.b64encode(self.sound).decode("ascii"),
        }
        return json.dumps(data, sort_keys=True, separators=(",", ":")).encode()


def parse_greeting_event(body: bytes) -> GreetingEvent:
    """Validate the body of an event. Raises WireError. What the sound is, its decoder says later."""
    data = json_object(body)
    sequence = data.get("sequence")
    if type(sequence) is not int or not 1 <= sequence <= 1_000:
        raise WireError("sequence: 1 to 1000")
    try:
        state = GreetingCallState(str(data.get("state")))
        why = GreetingCallEnd(str(data["why"])) if data.get("why") else None
        sound = base64.b64decode(str(data.get("sound", "")), validate=True)
    except (ValueError, binascii.Error):
        raise WireError("state, why, sound: words of the protocol, and base64") from None
    if (state is GreetingCallState.ENDED) != (why is not None):
        raise WireError("why: of a call that ended, and of no other")
    if (state is GreetingCallState.KEPT) != bool(sound) or len(sound) > MAX_SOUND_BYTES:
        raise WireError(f"sound: of a recording that is kept, at most {MAX_SOUND_BYTES} bytes")
    return GreetingEvent(_greeting_id(data), sequence, state, why, sound)


def _greeting_id(data: Mapping[str, Any]) -> str:
    greeting_id = data.get("greeting_id")
    if not isinstance(greeting_id, str) or not GREETING_ID_PATTERN.fullmatch(greeting_id):
        raise WireError("greeting_id: not the id of a greeting call")
    return greeting_id
