"""Names of everything a call has in Asterisk, all derived from its call id, and back.

Because the names follow from the call id alone, a restarted adapter recognises its channels and bridges without
any state kept in Asterisk, and a repeated originate cannot make a second pair of legs.
"""

import re

from telephony.states import Leg

_SUFFIX = {Leg.CUSTOMER: "cust", Leg.OPERATOR: "op"}
_LEG = {suffix: leg for leg, suffix in _SUFFIX.items()}
_OURS = re.compile(r"(call_[0-9]{1,20}_[0-9a-z]{6,32})-(cust|op|br|snoop|say|hold)(?:-[0-9a-z]+)?")


def channel_id(call_id: str, leg: Leg) -> str:
    """The channel of one leg."""
    return f"{call_id}-{_SUFFIX[leg]}"


def bridge_id(call_id: str) -> str:
    """The bridge in which both legs talk."""
    return f"{call_id}-br"


def snoop_id(call_id: str, serial: int) -> str:
    """A whisper channel; the serial keeps two warnings of one call apart."""
    return f"{call_id}-snoop-{serial}"


def hold_note_id(call_id: str, serial: int) -> str:
    """The channel under which a hold, or its end, is written into the record."""
    return f"{call_id}-hold-{serial}"


def playback_id(call_id: str, serial: int) -> str:
    """One sound being played in this call."""
    return f"{call_id}-say-{serial}"


def call_of(name: str) -> str | None:
    """The call id inside a channel, bridge or playback id of ours; None for a foreign one."""
    match = _OURS.fullmatch(name)
    return match[1] if match else None


def leg_of(name: str) -> Leg | None:
    """Which leg a channel id of ours is; None for snoops, bridges and foreign channels."""
    match = _OURS.fullmatch(name)
    return _LEG.get(match[2]) if match else None
