"""The recorded greeting of an operator as pages play it (templates/components/greeting.html)."""

from dataclasses import dataclass
from math import ceil

from operators.pages import GREETING


@dataclass(frozen=True, slots=True)
class PlayableGreeting:
    """Two files of the same sound; `seconds` are rounded up."""

    name: str
    opus_url: str
    aac_url: str
    seconds: int

    @property
    def duration(self) -> str:
        """As a player shows it: `0:08`."""
        return f"{self.seconds // 60}:{self.seconds % 60:02}"


def greeting_of(name: str, *, digest: str, duration_ms: int) -> PlayableGreeting | None:
    """Of the operator called `name`. `digest` is that of an approved greeting, or empty."""
    if not digest:
        return None
    opus_url, aac_url = (GREETING.path(digest, ending) for ending in ("ogg", "m4a"))
    return PlayableGreeting(name, opus_url, aac_url, ceil(duration_ms / 1000))
