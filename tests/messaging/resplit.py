"""Forged Twilio requests under a true signature.

Twilio signs the address and then every name and value in the order of the names, with no mark between them
(twilio.com/docs/usage/webhooks/webhooks-security). So the same characters, split in other places, carry the same
signature. Whoever can write a text chooses some of those characters, and with them where another split may begin.
`forged` yields such splits; it knows Twilio's names and what their values look like, as any attacker does.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from random import Random

Pairs = list[tuple[str, str]]

_SID, _DIGITS, _WORD, _NUMBER = r"[A-Z]{2}[0-9a-f]{32}", r"[0-9]{1,14}", r"[a-z]{2,20}", r"\+[1-9][0-9]{6,14}"
LOOKS_LIKE = {
    "AccountSid": _SID, "ApiVersion": r"[0-9-]{10}", "ErrorCode": _DIGITS, "From": _NUMBER, "MessageSid": _SID,
    "MessageStatus": _WORD, "MessagingServiceSid": _SID, "NumMedia": _DIGITS, "NumSegments": _DIGITS,
    "OptOutType": r"STOP|START|HELP", "RawDlrDoneDate": _DIGITS, "SmsMessageSid": _SID, "SmsSid": _SID, "SmsStatus": _WORD,
    "To": _NUMBER,
}  # fmt: skip
PLACES = [f"{side}{place}" for side in ("From", "To") for place in ("City", "Country", "State", "Zip")]
NAMES = frozenset(LOOKS_LIKE) | frozenset(PLACES) | {"Body", "ErrorMessage", "MediaUrl0", "MediaContentType0"}
INBOUND = frozenset({"AccountSid", "Body", "From", "MessageSid", "NumMedia", "To"})
STATUS = frozenset({"AccountSid", "From", "MessageSid", "MessageStatus", "To"})


def signed_text(pairs: Iterable[tuple[str, str]]) -> str:
    """What the signature covers besides the address."""
    return "".join(name + value for name, value in sorted(set(pairs)))


def sid_of(chance: Random) -> str:
    """The SID of an SMS, the same in every run."""
    return f"SM{chance.getrandbits(128):032x}"


def tempting_text(
    chance: Random, words: str, *, senders: list[str], receivers: list[str], sids: list[str]
) -> str:
    """A text that holds the beginning of another request, and at its end a name that takes what really follows."""
    sid = chance.choice([*sids, sid_of(chance)])
    inner = {
        "From": chance.choice(senders), "FromCity": "", "FromZip": "", "MessageSid": sid, "NumMedia": "0", "NumSegments": "1",
        "OptOutType": "STOP", "SmsMessageSid": sid, "SmsSid": sid, "SmsStatus": "received", "To": chance.choice(receivers),
    }  # fmt: skip
    last = chance.choice([*PLACES, "Format", "MediaUrl0", "Zone"])
    kept = [name for name in inner if name < last and chance.random() < 0.85]
    lead = chance.choice(["", "", "Hello", "HelloBody", "Body", "StopBody"])
    return lead + words + "".join(name + inner[name] for name in kept) + last


def forged(good: Mapping[str, str], chance: Random, required: frozenset[str]) -> Pairs:
    """The signed characters of `good`, split in other places: most often so that all `required` are well shaped."""
    honest, kind = sorted(good.items()), chance.random()
    text = signed_text(honest)
    for _ in range(20):
        if kind < 0.4:
            pairs = _Splitter(text, chance, required, invents_names=False).split()
        elif kind < 0.75:
            pairs = _Splitter(text, chance, required).split()
        elif kind < 0.85:
            pairs = _Splitter(text, chance, frozenset(), knows_shapes=False).split()
        else:
            pairs = _moved(honest, chance)
        if pairs != honest and signed_text(pairs) == text:
            return pairs
    return [*honest, honest[0]]  # the same pair twice is signed like one


def _moved(honest: Pairs, chance: Random) -> Pairs:
    """One boundary is moved, taken away, or added."""
    at = chance.randrange(len(honest) - 1)
    (name, value), (next_name, next_value) = honest[at : at + 2]
    both, cut = name + value, chance.randrange(1, len(name + value) + 1)
    inner = chance.randrange(cut, len(both) + 1)
    new = chance.choice(
        [
            [(both[:cut], both[cut:]), (next_name, next_value)],
            [(name, value + next_name + next_value)],
            [(name, both[len(name) : cut]), (both[cut:inner], both[inner:]), (next_name, next_value)],
            [(name, value + next_name[:1]), (next_name[1:], next_value)],
            [(name, value), (name, value), (next_name, next_value)],
        ]
    )
    return [*honest[:at], *(pair for pair in new if pair[0]), *honest[at + 2 :]]


@dataclass
class _Splitter:
    """Finds one split of `text` by chance: names in order, none of `required` left out, values as they should look."""

    text: str
    chance: Random
    required: frozenset[str]
    knows_shapes: bool = True
    invents_names: bool = True
    marks: list[int] = field(init=False)
    dead: set[tuple[int, str]] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        found = {at.start() for name in NAMES for at in re.finditer(re.escape(name), self.text)}
        self.marks = sorted(found | {len(self.text)})

    def split(self) -> Pairs:
        return self._rest(0, "") or []

    def _rest(self, at: int, last: str) -> Pairs | None:
        """The pairs from `at` on, after one of the name `last`; None if there is no way."""
        if at == len(self.text):
            return None if any(name > last for name in self.required) else []
        if (at, last) in self.dead:
            return None
        for name in self._names(at, last):
            for end in self._ends(name, at + len(name)):
                rest = self._rest(end, name)
                if rest is not None:
                    return [(name, self.text[at + len(name) : end]), *rest]
        self.dead.add((at, last))
        return None

    def _names(self, at: int, last: str) -> list[str]:
        known = [name for name in NAMES if self.text.startswith(name, at)]
        invented = {self.text[at : at + self.chance.randrange(1, 15)] for _ in range(2 * self.invents_names)}
        names = sorted(known + list(invented - NAMES))
        self.chance.shuffle(names)
        return [
            name
            for name in names
            if name > last and not any(last < skipped < name for skipped in self.required)
        ]

    def _ends(self, name: str, start: int) -> list[int]:
        looks_like = LOOKS_LIKE.get(name) if self.knows_shapes else None
        ends = [mark for mark in self.marks if mark >= start]
        if looks_like is not None:
            return [end for end in ends if re.fullmatch(looks_like, self.text[start:end])]
        self.chance.shuffle(ends)
        return ends
