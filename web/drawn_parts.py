"""Parts of pages, such as operators' cards, drawn once a process for all who see them alike.

A directory page draws two dozen cards, which costs more than all else on it. What a part shows is in its key: the object with its
price and state, and whose addresses, language, and times these are. So nothing has to be thrown away when something changes:
a new price is another key, on the next page of every process. Nothing of the viewer is in a part: where a card has the token of
their forms or the address of their page, it is kept with a gap.
"""

import re
import secrets
from functools import lru_cache
from typing import Any, Protocol
from urllib.parse import quote_plus

from django.template import Context, Engine
from django.urls import get_urlconf
from django.utils import timezone
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

_KEPT = 4000  # parts of about 1 kB
# What stands in the gaps while a card is drawn: nobody can write it into a text of theirs.
_NEXT, _TOKEN = (f"gap{secrets.token_hex(16)}" for _ in range(2))
_GAPS = re.compile(f"({_NEXT}|{_TOKEN})")


class Drawable(Protocol):
    """Hashable by all that a part of it shows."""

    @property
    def for_everybody(self) -> Any:
        """The same without what is the viewer's own."""

    @property
    def shows_times(self) -> bool:
        """Whether a part of it shows a time of the day, which is the reader's."""


def draw_part(template: str, thing: Drawable) -> SafeString:
    """The markup of `template`, which must show nothing but its `operator`."""
    time_zone = timezone.get_current_timezone_name() if thing.shows_times else ""
    return _draw(template, thing.for_everybody, str(get_urlconf()), get_language() or "", time_zone)


@lru_cache(_KEPT)
def _draw(template: str, operator: Any, urlconf: str, language: str, time_zone: str) -> SafeString:
    markup = Engine.get_default().get_template(template).render(Context({"operator": operator}))
    return mark_safe(markup)  # noqa: S308 (a template's own)


def draw_card(
    template: str, thing: Any, *, next_url: str, csrf_token: object, is_visitor: bool
) -> SafeString:
    """The markup of `template`, which shows `operator`, and of the viewer `next`, `csrf_token`, and `is_visitor`.

    To a visitor `next` goes on in a query (`with_next`). A card with a mark as favorite is another one than without.
    """
    time_zone = timezone.get_current_timezone_name() if thing.shows_times else ""
    parts = _draw_with_gaps(
        template, thing, is_visitor, bool(next_url), str(get_urlconf()), get_language() or "", time_zone
    )
    filled = list(parts)
    for place in range(1, len(parts), 2):
        if parts[place] == _TOKEN:  # it is made when a form needs it
            filled[place] = escape(csrf_token)
        else:
            filled[place] = quote_plus(next_url) if is_visitor else escape(next_url)
    return mark_safe("".join(filled))  # noqa: S308 (a template's own, and what was escaped)


@lru_cache(_KEPT)
def _draw_with_gaps(
    template: str,
    operator: Any,
    is_visitor: bool,
    has_next: bool,
    urlconf: str,
    language: str,
    time_zone: str,
) -> tuple[str, ...]:
    """Its markup, cut at the gaps: every other part is the name of one."""
    shown = {
        "operator": operator,
        "is_visitor": is_visitor,
        "next": _NEXT if has_next else "",
        "csrf_token": _TOKEN,
    }
    return tuple(_GAPS.split(Engine.get_default().get_template(template).render(Context(shown))))


def forget_parts() -> None:
    """As in a process that has drawn nothing yet."""
    _draw.cache_clear()
    _draw_with_gaps.cache_clear()


count_parts = _draw.cache_info
count_cards = _draw_with_gaps.cache_info
