"""What is looked at where: journeys by site and name, in the order in which they are made."""

from tools.screenshots import accounts, applying, calls, conversations, desk, money, pages, portal, waiting
from tools.screenshots.stage import BRANDS, Journey

_CUSTOMER_SITES: dict[str, Journey] = {
    "visitor": pages.visitor,
    "places": pages.gallery,
    "errors": pages.errors,
    "customer": pages.customer,
    "call": calls.call,
    "missed": calls.missed,
    "waiting": waiting.waiting,
    "callback": waiting.callback,
    "funds": money.funds,
    "receipts": money.receipts,
    "messages": conversations.messages,
    "signing-up": accounts.sign_up,
    "access": accounts.access,
    "logins": accounts.logins,
    "limits": accounts.limits,
}
_PORTAL: dict[str, Journey] = {
    "applying": applying.applying,
    "first-day": applying.first_day,
    "front": applying.front,
    "pages": portal.pages,
    "console": portal.console,
    "callbacks": portal.callbacks,
}

JOURNEYS: dict[tuple[str, str], Journey] = {
    **{(brand, name): journey for brand in BRANDS for name, journey in _CUSTOMER_SITES.items()},
    **{("portal", name): journey for name, journey in _PORTAL.items()},
    ("admin", "applications"): applying.desk,
    ("admin", "desk"): desk.desk,
}
