"""The lab's numbers: how a phone behaves is written in its number, `+1999BAATTTT`. Pure.

B the behaviour, AA seconds of ringing, TTTT seconds of talk after which it hangs up by itself (0000: never),
counted from its answer. More digits may follow; the last one chooses the phone's tone. The SIPp scenario reads the
same code.
"""

import re
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a phone does when it is called; the position is the digit B."""

    ANSWER = "answer"  # answers, presses nothing
    ACCEPT = "accept"  # answers and presses 1 and again 1, in the media (RFC 4733)
    ACCEPT_INFO = "accept_info"  # the same by SIP INFO
    WRONG_KEY = "wrong_key"  # answers and presses 9: no more calls
    EARLY = "early"  # sound before the answer (183), then answers
    VOICEMAIL = "voicemail"  # answers and talks, never a key
    BUSY = "busy"  # 486
    DECLINE = "decline"  # 603
    NO_ANSWER = "no_answer"  # rings for ever
    UNAVAILABLE = "unavailable"  # 503


KINDS = tuple(Kind)
OUTSIDE = "+1999"


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How a phone behaves; times in seconds. `redirect_to` (a SIP URI): forwards the call there with 302 instead.

    `is_mute`: its carrier takes the call and never answers it with anything; `is_tried`: it says so much (100) and no more.
    `refuses_with`: it answers with this SIP code, at once or, if `rings_first`, after it has rung.
    `packet_seconds`: from one packet of its voice to the next; 20 ms is speech, half a second keeps a line alive.
    """

    kind: Kind
    ring_seconds: float = 1
    talk_seconds: float = 0
    press_after_seconds: float = 1
    redirect_to: str = ""
    packet_seconds: float = 0.02
    is_mute: bool = False
    is_tried: bool = False
    refuses_with: int = 0
    rings_first: bool = False


def parse_number(number: str) -> Behaviour:
    """The behaviour that a number asks for; any other number answers after a second and stays."""
    coded = re.search(r"1999(\d)(\d\d)(\d{4})", number)
    if not coded:
        return Behaviour(Kind.ANSWER)
    return Behaviour(KINDS[int(coded[1])], ring_seconds=int(coded[2]), talk_seconds=int(coded[3]))


def number(kind: Kind, *, ring_seconds: int = 0, talk_seconds: int = 0, suffix: str = "") -> str:
    """The E.164 number of a phone that behaves so. `suffix` (digits) tells phones of one behaviour apart."""
    return f"{OUTSIDE}{KINDS.index(kind)}{ring_seconds:02d}{talk_seconds:04d}{suffix}"
