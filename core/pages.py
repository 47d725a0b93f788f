"""Addresses of pages, for code that must not know where pages are.

A domain app declares the pages that it links to (its `pages.py`) and names one with the id of what it shows. The site
that serves the page registers its view when Django starts (`AppConfig.ready`). So an address is written once, in a URL
table, and a snapshot or an e-mail made by any process holds the right one.
"""

from collections.abc import Iterator
from functools import lru_cache

from django.conf import settings
from django.core.checks import Error, register
from django.urls import NoReverseMatch, reverse

_pages: list["Page"] = []


class Page:
    """The key of a page. `name` says in messages which one it is."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._urlconf = self._view_name = ""
        _pages.append(self)

    def register(self, view_name: str, *, site: str | None = None) -> None:
        """Called by the site that serves the page: a key of `settings.SITE_URLCONFS`; None: every site serves it."""
        self._urlconf = settings.SITE_URLCONFS[site] if site else settings.ROOT_URLCONF
        self._view_name = view_name

    @property
    def is_registered(self) -> bool:
        return bool(self._view_name)

    def path(self, *ids: int | str) -> str:
        """The address on its own site, without the host. Raises NoReverseMatch if no site serves it for these ids."""
        if not self.is_registered:
            raise NoReverseMatch(f"No site has registered the page {self.name!r}.")
        return _reverse(self._view_name, self._urlconf, ids)

    def url(self, *ids: int | str, host: str) -> str:
        """The absolute address on `host`, for what is read outside of the site: e-mails."""
        origin = f"https://{host}" if settings.IS_PRODUCTION else f"http://{host}:{settings.PORT}"
        return origin + self.path(*ids)


@lru_cache(maxsize=2000)  # a running call's snapshots name the same few again and again
def _reverse(view_name: str, urlconf: str, ids: tuple[int | str, ...]) -> str:
    return reverse(view_name, urlconf=urlconf, args=ids)


@register()
def each_page_is_registered(**_: object) -> list[Error]:
    """A page that no site registered would fail only when somebody links to it."""
    return list(_unregistered())


def _unregistered() -> Iterator[Error]:
    for page in _pages:
        if not page.is_registered:
            yield Error(f"No site has registered the page {page.name!r}.", id="core.E001")
