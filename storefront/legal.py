"""Terms, privacy notice, and prices as the pages show them, and what a customer agrees to by them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from billing import conf
from billing.fees import fees_of
from billing.tariffs import tariff_for
from brands.models import Brand
from customers.legal import SHIPPED_EDITIONS, Agreement, Origin, own_edition, pending_kinds
from customers.models import Customer
from customers.states import ConsentKind
from operators.models import Operator
from privacy.kinds import Audience
from privacy.retention import kinds_for
from telephony.selectors import live_call_of
from web.increments import price_example
from web.redirects import with_next
from web.requests import BrandRequest

EXAMPLE_SECONDS = 323  # of the price page
_TITLES = {
    ConsentKind.TERMS: gettext_noop("Terms"),
    ConsentKind.PRIVACY: gettext_noop("Privacy"),
    ConsentKind.PRICES: gettext_noop("Prices"),
}
_PAGES = {
    ConsentKind.TERMS: "help-terms",
    ConsentKind.PRIVACY: "help-privacy",
    ConsentKind.PRICES: "help-pricing",
}
# What is new in the shipped edition, for those who agreed to an earlier one.
_NEWS = {
    ConsentKind.TERMS: (
        gettext_noop(
            "They now say, in plainer words, how card payments, refunds, and tips work, how you get unused money back, and what happens to money "
            "we gave you."
        )
    ),
    ConsentKind.PRIVACY: (
        gettext_noop(
            "It’s in plainer words. It now lists offers you were given, and problems and complaints you report. It says what we learn about a card you pay with, and that a "
            "code made from the network you pay from is kept for 30 days. It also lists your notification settings, and who you ask to be told about or called back by."
        )
    ),
    ConsentKind.PRICES: (
        gettext_noop(
            "They’re in plainer words, and now cover texts, tips, tax, and adding money. How calls are counted and what they cost is the same."
        )
    ),
}


@dataclass(frozen=True, slots=True)
class Document:
    """One text. `html`: the whole of it, below its title; `news`: what changed, in a sentence or empty."""

    kind: ConsentKind
    edition: str
    html: SafeString
    news: str

    @property
    def title(self) -> str:
        return _(_TITLES[self.kind])

    @property
    def url(self) -> str:
        return reverse(_PAGES[self.kind])

    @property
    def agreement(self) -> Agreement:
        return Agreement(self.kind, self.edition, self.html)


def document(brand: Brand, kind: ConsentKind) -> Document:
    """The text of this kind that counts on the brand now."""
    own = own_edition(brand, kind)
    if own is None:
        return Document(kind, SHIPPED_EDITIONS[kind], _shipped(brand, kind), _(_NEWS[kind]))
    html = as_html(own.text)
    if kind == ConsentKind.PRIVACY:  # what is kept is the same for all brands
        html += format_html("<h2>{}</h2>{}", _("What we keep, and for how long"), _kept())
    return Document(kind, own.edition, html, own.summary)


def sign_up_agreements(brand: Brand, adult_words: str) -> list[Agreement]:
    """Everything that the form for signing up has somebody agree to. `adult_words`: what stands at the first box."""
    return [adult_agreement(adult_words), *(document(brand, kind).agreement for kind in _TITLES)]


def adult_agreement(words: str) -> Agreement:
    """That somebody is an adult, in the words of the box that they ticked."""
    return Agreement(ConsentKind.ADULT, SHIPPED_EDITIONS[ConsentKind.ADULT], words)


def origin_of(request: HttpRequest) -> Origin:
    """Where a form came from."""
    return Origin(request.META.get("REMOTE_ADDR") or None, request.headers.get("User-Agent", ""))


def agreements_first(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Below `customer_page` or `adult_page`: ask for what is new before the page is shown, unless the customer is in a call.

    Pages where people spend have it. What they need without spending, such as receipts, limits, or closing, is always there.
    """

    @wraps(view)
    def wrapper(request: BrandRequest, customer: Customer | None, *args: Any, **kwargs: Any) -> HttpResponse:
        if customer is None or request.method not in ("GET", "HEAD"):
            return view(request, customer, *args, **kwargs)
        if pending_kinds(customer.pk, request.brand) and live_call_of(customer) is None:
            return redirect(with_next(reverse("agreements"), request.get_full_path()))
        return view(request, customer, *args, **kwargs)

    return wrapper


def as_html(text: str) -> SafeString:
    """A text that staff wrote: paragraphs with an empty line between, headings begin with `#`. Nothing in it is HTML."""
    blocks = [block.strip() for block in text.split("\n\n")]
    parts = [
        ("h2", block.lstrip("# ")) if block.startswith("#") else ("p", block) for block in blocks if block
    ]
    return format_html_join("\n", "<{}>{}</{}>", ((tag, _lines(words), tag) for tag, words in parts))


def _lines(words: str) -> SafeString:
    return format_html_join(mark_safe("<br>"), "{}", ((line,) for line in words.splitlines()))


def _shipped(brand: Brand, kind: ConsentKind) -> SafeString:
    context: dict[str, Any] = {"brand": brand, "tips": conf.tip_rules()}
    if kind == ConsentKind.PRICES:
        # At the prices one begins with.
        tariff = tariff_for(Operator())
        context["example"] = price_example(tariff, EXAMPLE_SECONDS, brand.currency)
        context["fees"] = fees_of(tariff)
    elif kind == ConsentKind.PRIVACY:
        context["kinds"] = kinds_for(Audience.CUSTOMERS)
    return render_to_string(f"storefront/legal/{kind}.html", context)


def _kept() -> SafeString:
    return render_to_string("components/kept.html", {"kinds": kinds_for(Audience.CUSTOMERS)})


def documents(brand: Brand, kinds: Sequence[ConsentKind]) -> list[Document]:
    """Several of them."""
    return [document(brand, kind) for kind in kinds]
