"""One way to the telephone network: how a carrier wants to be called, and how much it takes. Pure.

A node says what trunks it has, in the order in which calls try them (`AEIMS_TRUNK_1`, …, from deploy/asterisk/entrypoint.sh);
`ASTERISK_DIAL_TEMPLATE`, where it is set, is the only one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from core.parse import whole_number

MOST_TRUNKS = 9
FIRST = "carrier"


class TrunkState(StrEnum):
    """What Asterisk knows of a trunk by itself: from registering, and from asking it (OPTIONS)."""

    REGISTERED = "registered"
    NOT_REGISTERED = "not_registered"  # it was asked and has not agreed yet
    REJECTED = "rejected"  # the carrier refuses our registration
    REACHABLE = "reachable"  # it answers; we don't register there
    UNREACHABLE = "unreachable"
    UNKNOWN = "unknown"  # it was not asked yet, or is not asked


@dataclass(frozen=True, slots=True)
class Trunk:
    """`template`: the endpoint to dial; with `{number}` as E.164 or `{digits}` without its plus sign. `keeps_plus`: whether our
    own number keeps it. `identity`: the domain of a P-Asserted-Identity, empty for none. Limits of 0: there is none.
    """

    name: str = FIRST
    template: str = "PJSIP/{number}@carrier"
    keeps_plus: bool = True
    identity: str = ""
    max_channels: int = 0
    per_second: int = 0

    def endpoint(self, number: str) -> str:
        """What Asterisk dials to reach this number."""
        return self.template.format(number=number, digits=number.removeprefix("+"))

    def caller(self, caller_id: str) -> str:
        """Our number as this carrier wants it."""
        return caller_id if self.keeps_plus else caller_id.removeprefix("+")

    def variables(self, caller_id: str) -> dict[str, str]:
        """What the channel is told beside its endpoint."""
        if not self.identity:
            return {}
        header = f"<sip:{self.caller(caller_id)}@{self.identity}>"
        return {"PJSIP_HEADER(add,P-Asserted-Identity)": header}


def by_template(template: str) -> Trunk:
    """The trunk of a setting that says how to dial."""
    _, _, endpoint = template.rpartition("@")
    return Trunk(name=endpoint if endpoint.isalnum() else FIRST, template=template)


def parse_trunk(text: str) -> Trunk | None:
    """A trunk as the node describes it: words like `numbers=digits`. None if it has no name; unknown words are a newer node's."""
    words: Mapping[str, str] = dict(word.split("=", 1) for word in text.split() if "=" in word)
    name = words.get("name", "")
    if not name.isalnum():
        return None
    keeps_plus = words.get("numbers") != "digits"
    return Trunk(
        name=name,
        template=f"PJSIP/{'{number}' if keeps_plus else '{digits}'}@{name}",
        keeps_plus=keeps_plus,
        identity=words.get("identity", ""),
        max_channels=whole_number(words.get("calls", "0"), most=100_000) or 0,
        per_second=whole_number(words.get("calls_per_second", "0"), most=100_000) or 0,
    )


def trunk_of(channel_name: str) -> str:
    """Which trunk a channel of this name is on (`PJSIP/carrier2-0000001f`); empty if it is on none."""
    technology, _, rest = channel_name.partition("/")
    return rest.rpartition("-")[0] if technology == "PJSIP" else ""
