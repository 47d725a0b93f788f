"""What the help pages have beside their text on a wide screen: the list of topics, and the contents of a long one."""

import re
from dataclasses import dataclass

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

_TOPICS = (
    ("help", _("How a call works")),
    ("help-funds", _("Adding funds")),
    ("help-pricing", _("Prices")),
    ("help-privacy", _("Privacy")),
    ("help-discretion", _("Discretion")),
    ("help-terms", _("Terms")),
    ("help-safety", _("Safety")),
    ("complaints", _("Complaints")),
)
_HEADING = re.compile(r"<h2>(.*?)</h2>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Topic:
    """A help page in the list of all. `is_current`: it is the page that shows the list."""

    url: str
    label: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of a text, to be linked to. `words` are HTML, as in the text."""

    anchor: str
    words: SafeString


def topics(path: str) -> list[Topic]:
    """All help pages as the one at `path` lists them."""
    pages = [(reverse(name), str(label)) for name, label in _TOPICS]
    return [Topic(url, label, is_current=url == path) for url, label in pages]


def with_contents(html: SafeString) -> tuple[SafeString, list[Heading]]:
    """`html` with an id at each of its `<h2>`, and these headings in order."""
    headings: list[Heading] = []

    def numbered(match: re.Match[str]) -> str:
        headings.append(Heading(f"part-{len(headings) + 1}", mark_safe(match[1].strip())))  # noqa: S308
        return f'<h2 id="{headings[-1].anchor}">{match[1]}</h2>'

    return mark_safe(_HEADING.sub(numbered, html)), headings  # noqa: S308
