"""The simulated telephones: how each behaves follows from the number dialled.

`+1999 B AA TTTT` (docs/design.md section 8): B is the behaviour (below), AA the seconds of ringing, TTTT the seconds after
its answer at which the phone hangs up by itself (0000: never). Any other number rings one second and answers,
presses nothing, and stays. Phones that press a key do so two seconds after answering, and those that press 1 do it
again half a second later, as an operator who accepts.
"""

import re
from dataclasses import dataclass
from enum import Enum

PRESS_AFTER_SECONDS = 2.0
PRESS_AGAIN_SECONDS = 0.5
_NUMBER = re.compile(r"1999([0-9])([0-9]{2})([0-9]{4})")


class Kind(Enum):
    """The digit B of the number."""

    ANSWERS = 0
    PRESSES_1 = 1
    PRESSES_1_BY_INFO = 2
    PRESSES_9 = 3
    EARLY_MEDIA = 4
    VOICEMAIL = 5
    BUSY = 6
    DECLINES = 7
    NEVER_ANSWERS = 8
    UNAVAILABLE = 9


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One phone's manners; seconds."""

    kind: Kind
    ring_seconds: int
    talk_seconds: int

    @property
    def keys(self) -> str:
        """What it presses, one after the other."""
        pressing = {Kind.PRESSES_1: "11", Kind.PRESSES_1_BY_INFO: "11", Kind.PRESSES_9: "9"}
        return pressing.get(self.kind, "")

    @property
    def refusal(self) -> tuple[int, int] | None:
        """The Q.850 cause, and the SIP answer behind it."""
        refusals = {Kind.BUSY: (17, 486), Kind.DECLINES: (21, 603), Kind.UNAVAILABLE: (34, 503)}
        return refusals.get(self.kind)


def behaviour_of(number: str) -> Behaviour:
    """How the phone of this number behaves."""
    match = _NUMBER.search(number)
    if not match:
        return Behaviour(Kind.ANSWERS, 1, 0)
    return Behaviour(Kind(int(match[1])), int(match[2]), int(match[3]))
