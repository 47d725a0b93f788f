"""The page frame: which site it is, how it looks, who is logged in. A context processor (`settings.TEMPLATES`)."""

from base64 import b64encode
from functools import cached_property
from typing import Any

from django.conf import settings
from django.templatetags.static import static
from django.urls import get_script_prefix, reverse

from billing.budget import budget_of_figures
from billing.push import wallet_message
from brands.models import Brand
from brands.themes import Theme, theme_of
from customers.models import Customer
from customers.selectors import find_customer
from messaging.selectors import unread_of
from telephony.selectors import live_call_of
from telephony.snapshots import customer_snapshot
from web.age_gate import has_confirmed_age
from web.brand_images import draw_icon
from web.frame_figures import FrameFigures, frame_figures
from web.requests import SiteRequest
from web.waiting_news import WaitingNews, waiting_news

SCHEMES = ("light", "dark")
_NAMES = {"portal": "sexacomms", "admin": "Back office"}


class PageFrame:
    """The frame of a page. Each query runs once, when a template shows its result: one statement for the figures of a customer.

    `is_bare`: for pages that must not touch the database (something is broken) or that are nobody's.
    """

    def __init__(self, request: SiteRequest, *, is_bare: bool = False) -> None:
        self._request = request
        self.is_bare = is_bare
        # An error may come before the middleware that sets the brand.
        self.brand: Brand | None = getattr(request, "brand", None)
        self.theme: Theme = theme_of(self.brand)
        chosen = request.COOKIES.get(settings.SCHEME_COOKIE_NAME, "")
        self.scheme = chosen if chosen in SCHEMES else "auto"
        self.has_help = self.brand is not None

    @property
    def scheme_cookie(self) -> str:
        """Name of the cookie that the page's script writes, too."""
        return settings.SCHEME_COOKIE_NAME

    @property
    def icon_url(self) -> str:
        """In tabs, and beside the name."""
        return self._icon_url(64) if self.brand else static("icons/portal.svg")

    @property
    def touch_icon_url(self) -> str:
        """For home screens, and for clients that ask for /favicon.ico."""
        return reverse("app-icon", args=[180]) if self.brand else static("icons/portal-180.png")

    def _icon_url(self, size: int) -> str:
        if self.is_preview and self.brand is not None:  # shown by a site that has no such address
            icon = b64encode(draw_icon(self.brand.name, self.theme, size))
            return f"data:image/png;base64,{icon.decode()}"
        return reverse("brand-icon", args=[size])

    @property
    def name(self) -> str:
        if self.brand is not None:
            return self.brand.name
        return _NAMES.get(str(getattr(self._request, "site", "")), "AEIMS")

    @property
    def description(self) -> str:
        return self.brand.description if self.brand else ""

    @property
    def home_url(self) -> str:
        """The first page of the site: each has it at its root."""
        return get_script_prefix()

    @property
    def is_dark(self) -> bool:
        """Dark as far as the server can know; a theme may follow the system until the visitor chooses."""
        return (self.scheme if self.scheme != "auto" else self.theme.scheme) == "dark"

    @property
    def color_scheme(self) -> str:
        """For browser chrome before the style sheets are read."""
        if self.scheme == "auto" and self.theme.scheme == "auto":
            return "light dark"
        return "dark" if self.is_dark else "light"

    @property
    def is_logged_in(self) -> bool:
        user = getattr(self._request, "user", None)
        return not self.is_bare and user is not None and bool(user.is_authenticated)

    @property
    def is_preview(self) -> bool:
        """Whether the page is drawn to be looked at alone (`web.operator_preview`)."""
        return bool(getattr(self._request, "is_preview", False))

    @property
    def is_visitor(self) -> bool:
        """Whether this is an adult without an account, or not logged in, on a customers' site."""
        is_brands = self.brand is not None and not self.is_bare
        return is_brands and not self.is_logged_in and has_confirmed_age(self._request.COOKIES)

    @cached_property
    def customer(self) -> Customer | None:
        """The logged-in customer, on a customer site."""
        if not self.is_logged_in or self.brand is None:
            return None
        return self._request.customer or find_customer(self._request.user)

    @cached_property
    def _figures(self) -> FrameFigures | None:
        return frame_figures(self.customer, self.brand) if self.customer and self.brand else None

    @cached_property
    def call(self) -> dict[str, Any] | None:
        """The snapshot of the customer's live call, wherever they are on the site."""
        is_calling = self.customer is not None and self._figures is not None and self._figures.has_call
        call = live_call_of(self.customer) if self.customer and is_calling else None
        return customer_snapshot(call) if call else None

    @cached_property
    def waiting_news(self) -> WaitingNews | None:
        """Who is free of those the customer waits for."""
        figures = self._figures
        if figures is None or self.customer is None or self.brand is None:
            return None
        if not figures.has_offer and not figures.has_watch:
            return WaitingNews(figures.sequence, figures.at, currency=self.brand.currency)
        return waiting_news(self.customer, self.brand.currency)

    @cached_property
    def wallet(self) -> dict[str, Any] | None:
        figures = self._figures
        if figures is None or self.customer is None:
            return None
        budget = budget_of_figures(
            self.customer,
            figures.at,
            balance_minor=figures.balance_minor,
            held_minor=figures.held_minor,
            overdraft_minor=figures.overdraft_minor,
        )
        return wallet_message(self.customer.pk, budget, free_seconds=figures.free_seconds, at=figures.at)

    @cached_property
    def unread(self) -> int:
        """Unread messages of the customer or, in the portal, of the operator."""
        if self._figures is not None:
            return self._figures.unread
        operator = getattr(self._request, "operator", None)
        return unread_of(operator) if operator is not None else 0

    @cached_property
    def notices(self) -> int:
        """Notices that the customer hasn't seen yet."""
        return self._figures.notices if self._figures is not None else 0


def page_frame(request: SiteRequest) -> dict[str, Any]:
    """The context processor: `frame` in every template."""
    return {"frame": PageFrame(request)}
