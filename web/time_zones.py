"""Time zones that people choose from: those of most customers first, by the names people use."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from core.time_zones import known_time_zones

FIRST = (
    ("America/New_York", gettext_noop("Eastern time")),
    ("America/Chicago", gettext_noop("Central time")),
    ("America/Denver", gettext_noop("Mountain time")),
    ("America/Los_Angeles", gettext_noop("Pacific time")),
    ("America/Anchorage", gettext_noop("Alaska time")),
    ("Pacific/Honolulu", gettext_noop("Hawaii time")),
)
_NEAR = ("America/", "Pacific/")  # where the people live whom we may call

Choice = tuple[str, str] | tuple[str, list[tuple[str, str]]]


def choices(chosen: str) -> list[Choice]:
    """For a select: six by name, then all near ones by place; `chosen` is always among them."""
    names = dict(FIRST)
    others = sorted(zone for zone in {*_places(), chosen} if zone not in names)
    return [
        *((zone, _(name)) for zone, name in FIRST),
        (
            _("More places"),
            [(zone, ", ".join(zone.replace("_", " ").split("/")[1:])) for zone in others],
        ),
    ]


def name_of(zone: str) -> str:
    """As people say it: "Eastern time", of a zone that is not among the first "Phoenix time"."""
    if name := dict(FIRST).get(zone):
        return _(name)
    return _("%(place)s time") % {"place": zone.rsplit("/", 1)[-1].replace("_", " ")}


def is_known(zone: str) -> bool:
    """Whether the tz database has it as a place: browsers name their zone, and anybody may post anything."""
    return "/" in zone and zone in known_time_zones()


def _places() -> set[str]:
    return {zone for zone in known_time_zones() if zone.startswith(_NEAR)}
