"""ARI's event JSON → `SwitchEvent`. Pure."""

import json
from datetime import datetime
from typing import Any, Final

from telephony.adapter.switch import Kind, SwitchEvent

REPLACED: Final = "ApplicationReplaced"
_KINDS = frozenset(Kind)
_RINGS = ("RINGING", "PROGRESS")  # what a Dial event says at 180 and at 183


def parse(text: str) -> SwitchEvent | str | None:
    """An event that we live by, `REPLACED`, or None for all others and for what is no event."""
    try:
        data = json.loads(text)
        kind = data["type"]
        if kind == REPLACED:
            return REPLACED
        if kind not in _KINDS:
            return None
        if kind == Kind.RINGING and data.get("dialstatus") not in _RINGS:
            return None
        channel, playback = data.get("channel") or data.get("peer") or {}, data.get("playback") or {}
        sound = playback or data.get("recording") or {}
        return SwitchEvent(
            kind=Kind(kind),
            at=epoch(data["timestamp"]),
            channel_id=channel.get("id", "") or _target(sound),
            channel_name=channel.get("name", ""),
            bridge_id=(data.get("bridge") or {}).get("id", ""),
            playback_id=playback.get("id", ""),
            digit=data.get("digit", ""),
            cause=data.get("cause"),
            sip=data.get("tech_cause"),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def epoch(timestamp: str) -> float:
    """Epoch seconds of a time as ARI writes it. Raises ValueError."""
    return datetime.strptime(timestamp, "%Y-%m-%dT%H:%M:%S.%f%z").timestamp()


def _target(sound: dict[str, Any]) -> str:
    """The channel of a playback or a recording, out of its `channel:<id>`."""
    kind, _, name = str(sound.get("target_uri", "")).partition(":")
    return name if kind == "channel" else ""
