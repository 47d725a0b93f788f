"""What a kind of kept data is: whose it is, which tables it is in, and for how long. `privacy.retention` lists them. Pure."""

from dataclasses import dataclass
from datetime import timedelta
from enum import Flag, auto


class Audience(Flag):
    """Whose data it is."""

    CUSTOMERS = auto()
    OPERATORS = auto()
    EVERYONE = CUSTOMERS | OPERATORS


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of data. `kept_for`: the nightly job deletes what is older; None: it stays as long as `until` says.

    `until` is what follows the length of time on the page, or stands there instead of it. `models`: the tables it is in.
    """

    key: str
    name: str
    what: str
    until: str
    models: tuple[str, ...] = ()
    kept_for: timedelta | None = None
    audience: Audience = Audience.EVERYONE

    @property
    def length(self) -> str:
        """How long, as the privacy page says it: `2 years after it was sent`."""
        if not self.kept_for:
            return self.until
        return f"{in_words(self.kept_for)} {self.until}".strip()


def in_words(length: timedelta) -> str:
    """Whole years as years, all else in days: `2 years`, `90 days`."""
    years, rest = divmod(length.days, 365)
    count, unit = (years, "year") if years and not rest else (length.days, "day")
    return f"{count} {unit}{'' if count == 1 else 's'}"


YEAR = timedelta(days=365)
