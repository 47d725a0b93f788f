"""Time zones that people choose from: those of most customers first, by the names people use."""

from zoneinfo import available_timezones

FIRST = (
    ("America/New_York", "Eastern time"),
    ("America/Chicago", "Central time"),
    ("America/Denver", "Mountain time"),
    ("America/Los_Angeles", "Pacific time"),
    ("America/Anchorage", "Alaska time"),
    ("Pacific/Honolulu", "Hawaii time"),
)
_NEAR = ("America/", "Pacific/")  # where the people live whom we may call

Choice = tuple[str, str] | tuple[str, list[tuple[str, str]]]


def choices(chosen: str) -> list[Choice]:
    """For a select: six by name, then all near ones by place; `chosen` is always among them."""
    names = dict(FIRST)
    others = sorted(zone for zone in {*_places(), chosen} if zone not in names)
    return [
        *FIRST,
        (
            "More places",
            [(zone, ", ".join(zone.replace("_", " ").split("/")[1:])) for zone in others],
        ),
    ]


def name_of(zone: str) -> str:
    """As people say it: "Eastern time", of a zone that is not among the first "Phoenix time"."""
    return dict(FIRST).get(zone) or f"{zone.rsplit('/', 1)[-1].replace('_', ' ')} time"


def is_known(zone: str) -> bool:
    """Whether the tz database has it as a place: browsers name their zone, and anybody may post anything."""
    return "/" in zone and zone in available_timezones()


def _places() -> set[str]:
    return {zone for zone in available_timezones() if zone.startswith(_NEAR)}
