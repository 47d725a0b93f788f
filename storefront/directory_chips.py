"""What the directory offers beside its form: filters to tap, each with how many it leaves, and ways out of an empty result."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from brands.models import Brand
from core.money import format_money
from operators.directory import DirectoryFilters
from operators.directory_counts import GOOD_RATING, Count, DirectoryCounts, count_matching

_PRICES_MINOR = (300, 400, 500)
_TOPICS, _LANGUAGES = 6, 3


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter to tap. `count`: how many remain; none on one that is set, which a tap takes away."""

    label: str
    url: str
    count: Count | None = None

    @property
    def is_set(self) -> bool:
        return self.count is None


@dataclass(frozen=True, slots=True)
class Way:
    """Out of an empty result: a link, and how many it leads to."""

    label: str
    url: str
    count: Count


def address(asked: Mapping[str, str], **changes: str) -> str:
    """The query of the directory with these changes; an empty value takes a filter away."""
    return "?" + urlencode({name: value for name, value in {**asked, **changes}.items() if value})


def chips_of(
    asked: Mapping[str, str], wish: DirectoryFilters, counts: DirectoryCounts, currency: str
) -> list[Chip]:
    """What is set comes first; a filter that leaves nobody, or everybody, is not offered."""
    is_set = [
        Chip(label, address(asked, **{name: ""}))
        for name, label in _labels_of_set(wish, currency).items()
        if name != "q"
    ]
    offered: list[tuple[str, str, str, Count]] = []
    if not wish.is_online:
        offered.append(("online", "on", _("Available now"), counts.online))
    if wish.max_rate_minor is None:
        offered += [
            ("price", f"{minor / 100:g}", _price_label(minor, currency), counts.at_most(minor))
            for minor in _PRICES_MINOR
        ]
    if not wish.min_rating:
        offered.append(("rating", str(GOOD_RATING), _rating_label(GOOD_RATING), counts.well_rated))
    if not wish.specialty:
        offered += [("specialty", word, word, count) for word, count in list(counts.topics.items())[:_TOPICS]]
    if not wish.language:
        some = [
            (word, count) for word, count in counts.languages.items() if count.number < counts.total.number
        ]
        offered += [
            ("language", word, _("Speaks %(word)s") % {"word": word}, count)
            for word, count in some[:_LANGUAGES]
        ]
    return is_set + [
        Chip(label, address(asked, **{name: value}), count)
        for name, value, label, count in offered
        if 0 < count.number < counts.total.number or (name == "online" and count.number)
    ]


def ways_out(brand: Brand, asked: Mapping[str, str], wish: DirectoryFilters, meant: str) -> list[Way]:
    """From a result with nobody in it: the words as they may have been meant, or one filter less. Only what finds somebody."""
    without = {
        "q": replace(wish, words=""),
        "specialty": replace(wish, specialty=""),
        "language": replace(wish, language=""),
        "price": replace(wish, max_rate_minor=None),
        "rating": replace(wish, min_rating=0),
        "online": replace(wish, is_online=False),
    }
    offered = [
        (_("Clear “%(label)s”") % {"label": label}, address(asked, **{name: ""}), without[name])
        for name, label in _labels_of_set(wish, brand.currency).items()
    ]
    if meant:
        offered.insert(
            0,
            (
                _("Did you mean “%(meant)s”?") % {"meant": meant},
                address({"q": meant}),
                DirectoryFilters(words=meant),
            ),
        )
    ways = [Way(label, url, count_matching(brand, filters).total) for label, url, filters in offered]
    return [way for way in ways if way.count.number]


def _labels_of_set(wish: DirectoryFilters, currency: str) -> dict[str, str]:
    """The filters that are set, by the names of the form."""
    labels = {
        "q": wish.words,
        "online": _("Available now") if wish.is_online else "",
        "specialty": wish.specialty,
        "language": wish.language and _("Speaks %(language)s") % {"language": wish.language},
        "price": "" if wish.max_rate_minor is None else _price_label(wish.max_rate_minor, currency),
        "rating": _rating_label(wish.min_rating) if wish.min_rating else "",
    }
    return {name: label for name, label in labels.items() if label}


def _price_label(minor: int, currency: str) -> str:
    return _("%(amount)s or less") % {"amount": format_money(minor, currency).removesuffix(".00")}


def _rating_label(stars: int) -> str:
    return _("%(stars)s stars or more") % {"stars": stars}
