"""Live regions: parts of a page that the server renders again when their object changes (docs/live-pages.md).

A region has one template, for the page and for the push. A site's `live.py` decides what its regions show; its
consumer calls it when something changed, and its `/live/` view when a page asks. Nothing here knows a domain.
"""

import json
import re
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import Any, Self, TypeVar
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

from django.conf import settings
from django.template import Context, Engine
from django.urls import get_urlconf, set_urlconf
from django.utils import timezone

from brands.models import Brand
from core.push import time_sequence
from web.requests import Site, SiteRequest

T = TypeVar("T")
_BLANK_LINES = re.compile(r"\n\s*\n")
MAX_REGIONS = 120  # of one page
_KEPT_REGIONS, _KEPT_QUERIES = 5000, 500  # pages that come back together, or show one list, say the same
_SHARED_ENTRIES = 200  # those of a few dozen changes: the sockets that hear of one ask within moments


class Viewer(StrEnum):
    """Who looks at a page."""

    VISITOR = "visitor"
    CUSTOMER = "customer"
    OPERATOR = "operator"
    STAFF = "staff"


@dataclass(frozen=True, slots=True)
class Audience:
    """Everything that a region's markup depends on beside its object: sockets with equal audiences share it."""

    viewer: Viewer
    site: Site
    brand: Brand | None
    time_zone: str = ""

    @classmethod
    def of_request(cls, request: SiteRequest, viewer: Viewer) -> Self:
        """The audience of the page that `request` asks for. Its time zone is the active one."""
        return cls(viewer, request.site, request.brand, timezone.get_current_timezone_name())

    @classmethod
    def of_scope(cls, scope: Mapping[str, Any], viewer: Viewer, time_zone: str = "") -> Self:
        """The audience of the page that opened a socket (`aeims.sockets` puts the site into the scope)."""
        return cls(viewer, scope["site"], scope["brand"], time_zone)


@dataclass(frozen=True, slots=True)
class Region:
    """A region that a page shows: "call-panel.22" is of kind "call-panel", about number 22."""

    kind: str
    number: int = 0

    def __str__(self) -> str:
        return f"{self.kind}.{self.number}" if self.number else self.kind

    @classmethod
    def parse_all(cls, names: Iterable[str], kinds: Iterable[str]) -> "tuple[Region, ...]":
        """The regions of `kinds` among what a page says it shows, at most MAX_REGIONS; the rest is dropped."""
        allowed = frozenset(kinds)
        regions: dict[Region, None] = {}
        for name in names:
            kind, _, number = name.partition(".")
            if kind in allowed and (
                not number or (number.isascii() and number.isdigit() and len(number) < 12)
            ):
                regions[_region(kind, int(number or 0))] = None
        return tuple(regions)[:MAX_REGIONS]


@lru_cache(maxsize=_KEPT_REGIONS)
def _region(kind: str, number: int) -> Region:
    """One for all open pages that show it."""
    return Region(kind, number)


@lru_cache(maxsize=_KEPT_QUERIES)
def page_of_query(query: bytes, kinds: frozenset[str]) -> tuple[tuple[Region, ...], bool]:
    """What the address of a page's socket says: its regions of these kinds, and whether it takes several updates in one message."""
    said = parse_qs(query.decode("latin-1"))
    return Region.parse_all(said.get("region", ()), kinds), "lists" in said


@dataclass(frozen=True, slots=True)
class Hint:
    """What `core.push` says of a change: "call.<id>" at sequence 6."""

    kind: str
    key: str
    sequence: int
    more: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @classmethod
    def parse(cls, payload: Mapping[str, Any]) -> Self:
        kind, _, key = str(payload["object"]).partition(".")
        return cls(kind, key, payload["sequence"], payload)


@dataclass(frozen=True)
class Update:
    """One push to a page. `html` replaces the region; without `html` and `slots` the page fetches it.

    `slots` are finished strings for the elements named so. The page drops an update that is older than what it shows
    of the same object.
    """

    region: str
    object: str
    sequence: int
    html: str | None = None
    slots: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        message: dict[str, Any] = {"region": self.region, "object": self.object, "sequence": self.sequence}
        if self.html is not None:
            message["html"] = self.html
        if self.slots:
            message["slots"] = dict(self.slots)
        return message

    @cached_property
    def text(self) -> str:
        """As it is sent; made once for all sockets that share it."""
        return json.dumps(self.as_json(), separators=(",", ":"), ensure_ascii=False)


def render_region(template: str, context: Mapping[str, Any], audience: Audience) -> str:
    """The markup of a region as the audience's pages show it: their addresses, times and brand; no CSRF token."""
    before = get_urlconf()
    set_urlconf(settings.SITE_URLCONFS[audience.site])
    try:
        with timezone.override(ZoneInfo(audience.time_zone) if audience.time_zone else None):
            # Numbers that templates write are for scripts; those for people are texts already.
            drawn = Engine.get_default().get_template(template).render(Context(dict(context), use_l10n=False))
            return without_blank_lines(drawn)
    finally:
        set_urlconf(before)


def without_blank_lines(html: str) -> str:
    """The markup without the lines that tags leave empty; as it is where somebody's text may have such lines."""
    return html.strip() if "<textarea" in html else _BLANK_LINES.sub("\n", html.strip())


class Shared:
    """What the sockets of one process have in common: what was read and rendered for a change serves them all.

    Keys hold the object and its sequence, so an entry is never out of date; the oldest entries make room. Used in the
    live thread alone (`web.live_thread`).
    """

    def __init__(self, entries: int = _SHARED_ENTRIES) -> None:
        self._entries = entries
        self._values: OrderedDict[Hashable, Any] = OrderedDict()

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """`make()`, or what it returned for this key before."""
        if key not in self._values:
            self._values[key] = make()
            if len(self._values) > self._entries:
                self._values.popitem(last=False)
        value: T = self._values[key]
        return value


shared = Shared()


def sequence_before_reading(hint: Hint) -> int:
    """The time before a socket of this process read anything for `hint`: the sequence of what has none of its own."""
    return shared.once(("before reading", hint), time_sequence)
