"""The main menu of the operators' site: words in the header, and on phones tabs at the bottom. Also what lies behind *More*."""

from dataclasses import dataclass

from django.urls import reverse


@dataclass(frozen=True, slots=True)
class MenuItem:
    """A link of the menu. `badge`: which numbers are beside it ("calls", "unread"), or empty. `shown`: "wide" and "narrow" screens, or all."""

    label: str
    icon: str
    url: str
    is_current: bool
    badge: str = ""
    shown: str = ""


@dataclass(frozen=True, slots=True)
class _Entry:
    """An item before anybody asks. `also`: further pages that belong to it. `name` and they are names of addresses."""

    label: str
    icon: str
    name: str
    also: tuple[str, ...] = ()
    badge: str = ""
    shown: str = ""


_BEHIND_MORE = ("dashboard", "ratings", "settings", "data", "erase", "privacy")
_ENTRIES = (
    _Entry("Console", "phone", "console", ("missed",), badge="calls"),
    _Entry("Messages", "message", "conversations", badge="unread"),
    _Entry("Customers", "people", "customers"),
    _Entry("Money", "wallet", "statement", ("held", "payouts", "taken-back")),
    _Entry("Dashboard", "star", "dashboard", shown="wide"),
    _Entry("Ratings", "star", "ratings", shown="wide"),
    _Entry("Settings", "user", "settings", shown="wide"),
    _Entry("More", "more", "more", _BEHIND_MORE, shown="narrow"),
)


def menu_of(path: str) -> list[MenuItem]:
    """The menu on the page at `path`."""
    return [_item(entry, path) for entry in _ENTRIES]


def _item(entry: _Entry, path: str) -> MenuItem:
    home, url = reverse("portal:console"), reverse(f"portal:{entry.name}")
    pages = (url, *(reverse(f"portal:{name}") for name in entry.also))
    is_current = any(path == page or (page != home and path.startswith(page)) for page in pages)
    return MenuItem(entry.label, entry.icon, url, is_current, entry.badge, entry.shown)
