"""Parts of pages, such as operators' cards, drawn once a process for all who see them alike.

A directory page draws two dozen cards, which costs more than all else on it. What a part shows is in its key: the object with its
price and state, and whose addresses, language, and times these are. So nothing has to be thrown away when something changes:
a new price is another key, on the next page of every process. Nothing of the viewer is in a part.
"""

from functools import lru_cache
from typing import Any, Protocol

from django.template import Context, Engine
from django.urls import get_urlconf
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

_KEPT = 4000  # parts of about 1 kB


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


forget_parts = _draw.cache_clear
count_parts = _draw.cache_info
