"""The drawn portrait of an operator without a photo: which parts of one static file it is made of, and its words.

Pure: values in, names of symbols and classes out (`templates/components/portrait.html` puts them together). The shapes
are in `static/portraits/parts.svg`, one file for all; the colors in `static/css/portraits.css`. A seed is any text; its
SHA-256 decides every choice, so a change of Python changes no face.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from django.db import models

_T = TypeVar("_T")


class DrawnAs(models.TextChoices):
    """Whom a drawing shows; empty: either."""

    WOMAN = "woman", "a woman"
    MAN = "man", "a man"


@dataclass(frozen=True, slots=True)
class Head:
    """One head: its symbol, the hair behind it, the face below it, and what a person sees in it."""

    slug: str
    who: DrawnAs
    words: str
    back: str = "none"
    face: str = "oval"
    is_gray: bool = False
    skins: Sequence[int] = (1, 2, 3, 4, 5, 6)


_DEEP = (4, 5, 6)
HEADS = (
    Head("waves", DrawnAs.WOMAN, "long waves, pearl earrings", back="waves"),
    Head("bob", DrawnAs.WOMAN, "a bob with bangs", back="bob"),
    Head("long", DrawnAs.WOMAN, "long straight hair", back="long"),
    Head("bun", DrawnAs.WOMAN, "hair in a bun, drop earrings", back="bun"),
    Head("afro", DrawnAs.WOMAN, "an afro, hoop earrings", back="afro", skins=_DEEP),
    Head("braids", DrawnAs.WOMAN, "two long braids", back="braids"),
    Head("pixie", DrawnAs.WOMAN, "short gray hair swept to the side", is_gray=True),
    Head("scarf", DrawnAs.WOMAN, "a headscarf", back="scarf"),
    Head("ponytail", DrawnAs.WOMAN, "a ponytail, round glasses", back="ponytail"),
    Head("side-part", DrawnAs.MAN, "short hair with a side part", face="square"),
    Head("bald-beard", DrawnAs.MAN, "a bald head, full beard", face="square"),
    Head("curls", DrawnAs.MAN, "short curls, round glasses", face="square"),
    Head("fade", DrawnAs.MAN, "a fade, short beard", face="square"),
    Head("mustache", DrawnAs.MAN, "gray hair, mustache, glasses", face="square", is_gray=True),
    Head("tied", DrawnAs.MAN, "hair tied up, full beard", face="square"),
    Head("cap", DrawnAs.MAN, "a flat cap, stubble", face="square"),
    Head("locs", DrawnAs.MAN, "locs to the shoulder", back="locs", face="square", skins=_DEEP),
)


@dataclass(frozen=True, slots=True)
class Pose:
    """What one arm does, and how far the head is tilted, in degrees."""

    words: str
    tilt: int


_POSES = {"front": Pose("", 0), "lean": Pose("chin on one hand", -5), "phone": Pose("on the phone", -4)}
_LOOKS = ("smile", "laugh", "calm")
_BODIES = {
    DrawnAs.WOMAN: ("sweater", "v-neck", "turtleneck", "jacket"),
    DrawnAs.MAN: ("sweater", "shirt", "turtleneck", "jacket"),
}
_GROUNDS = ("moon", "arch", "window")
CLOTHS = ("rust", "moss", "mustard", "wine", "ink", "cream")
# By how light the skin is: hair and ground that it stands out from, which a test measures.
LIGHT_SKINS, DEEP_SKINS = (1, 2, 3), (4, 5, 6)
LIGHT_SKIN_HAIR = ("black", "dark", "brown", "auburn", "blond")
DEEP_SKIN_HAIR = ("black", "dark")

# Words of topics, any part of them, and what a person who likes them holds. A cup goes with everything.
_OBJECTS = {
    "book": (("book", "poet", "stor", "read", "liter", "language", "writ", "histor"), "a book"),
    "record": (("music", "jazz", "vinyl", "song", "sing", "rock"), "a record"),
    "camera": (("travel", "photo", "cit", "new york", "adventure"), "a camera"),
    "clapper": (("film", "movie", "cinema", "tv", "theater", "series"), "a film clapper"),
    "brush": (("art", "paint", "draw", "design", "craft"), "a paintbrush"),
    "microphone": (("humor", "humour", "comedy", "joke", "radio", "podcast"), "a microphone"),
    "flower": (("dream", "romance", "nature", "garden", "flirt", "love"), "a flower"),
    "cards": (("game", "magic", "tarot", "astrology", "chess"), "a hand of cards"),
    "glass": (("wine", "food", "cook", "dinner", "night"), "a glass of wine"),
    "cup": ((), "a cup of coffee"),
}


@dataclass(frozen=True, slots=True)
class Drawing:
    """Names of symbols, from behind to the front, and the classes that color them."""

    head: Head
    ground: str
    body: str
    look: str
    pose: str
    object: str
    skin: int
    hair: str
    cloth: str
    is_mirrored: bool

    @property
    def classes(self) -> str:
        ground = "light" if self.skin in DEEP_SKINS else "deep"
        return f"ground-{ground} skin-{self.skin} hair-{self.hair} cloth-{self.cloth}"

    @property
    def tilt(self) -> int:
        """Of the head, in degrees."""
        return _POSES[self.pose].tilt

    @property
    def words(self) -> str:
        """What is drawn, for who does not see it."""
        parts = [self.head.words, _POSES[self.pose].words, _OBJECTS[self.object][1]]
        return "Drawing: " + ", ".join(part for part in parts if part)


def drawing_of(seed: str, *, drawn_as: str = "", topics: Sequence[str] = ()) -> Drawing:
    """The portrait of `seed`, the same each time: a head of `drawn_as` (empty: any), an object of the topics."""
    one_of = _Choices(seed).one_of
    head = one_of([head for head in HEADS if drawn_as in ("", head.who)])
    skin = one_of(head.skins)
    hair = "gray" if head.is_gray else one_of(DEEP_SKIN_HAIR if skin in DEEP_SKINS else LIGHT_SKIN_HAIR)
    return Drawing(
        head=head,
        ground=one_of(_GROUNDS),
        body="turtleneck" if head.slug == "scarf" else one_of(_BODIES[head.who]),
        look=one_of(_LOOKS),
        pose=one_of(tuple(_POSES)),
        object=one_of(_objects_of(topics)),
        skin=skin,
        hair=f"{hair}-deep" if hair == "gray" and skin in DEEP_SKINS else hair,
        cloth=one_of(CLOTHS),
        is_mirrored=one_of((False, True)),
    )


class _Choices:
    """A stream of decisions out of a seed."""

    def __init__(self, seed: str) -> None:
        self._bytes = iter(hashlib.sha256(seed.encode()).digest())

    def one_of(self, options: Sequence[_T]) -> _T:
        return options[next(self._bytes) % len(options)]


def _objects_of(topics: Sequence[str]) -> list[str]:
    """What goes with these topics, a cup if nothing does."""
    words = " ".join(topics).lower()
    return [name for name, (stems, _) in _OBJECTS.items() if any(stem in words for stem in stems)] or ["cup"]
