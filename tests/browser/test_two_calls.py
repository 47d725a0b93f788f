"""A visitor becomes a customer who pays: gate, sign-up, phone, card, a first call on the welcome minutes, a second one for money,
a rating. On each brand and on one that staff make in the admin, on a phone and on a desktop; then the books are read.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Locator, Page, expect

from billing.ledger.models import Entry
from billing.models import Authorization, FreeMinutesPackage, Offer
from billing.selectors import receipt_of, wallet_of
from billing.states import OfferKind
from brands.models import Brand
from customers.models import Customer
from operators.models import Rating
from telephony.models import Call
from tests.browser import third_brand
from tests.browser.conftest import SIZES, NewPage
from tests.browser.page_checks import assert_accessible, assert_fits, shot
from tests.browser.people import module_is
from tests.browser.product import Product
from tests.browser.test_a_newcomer import Hand, pay, sign_up, verify_the_phone

BRANDS = ("flirts", "nycflirts", third_brand.SLUG)
SHORT = (third_brand.SLUG, "phone")
CHAINS = [
    pytest.param(brand, size, marks=() if (brand, size) == SHORT else pytest.mark.long)
    for brand in BRANDS
    for size in SIZES
]
LOADED, RATE, FEE = 2500, 449, 99  # cents; the last two are Elena's
WORDS = "She notices everything"


@pytest.mark.parametrize(("brand", "size"), CHAINS)
def test_from_the_gate_by_two_calls_to_a_rating(
    product: Product, new_page: NewPage, brand: str, size: str
) -> None:
    if brand == third_brand.SLUG:
        third_brand.make_in_the_admin(new_page("admin", path="/accounts/login/"), product, "elena")
    with one_welcome_minute(product, brand):
        Chain(product, new_page(brand, size, reduced_motion="reduce"), brand, size).whole()


@contextmanager
def one_welcome_minute(product: Product, brand: str) -> Iterator[None]:
    """The brand's own welcome offer, unless staff made one: less than the demo's three minutes, so that one call uses it up."""

    def offer() -> Offer:
        terms = {"name": "Welcome gift", "minutes": 1, "covers_fee": True, "daily_budget_minor": 50_000}
        own = Brand.objects.get(slug=brand)
        return Offer.objects.get_or_create(kind=OfferKind.WELCOME, brand=own, defaults=terms)[0]

    key = product.ask(offer).pk
    product.ask(Offer.objects.filter(pk=key).update, is_active=True)
    yield
    product.ask(Offer.objects.filter(pk=key).update, is_active=False)


class Chain:
    """One visitor; axe-core and the width are asked where no other journey comes by."""

    def __init__(self, product: Product, page: Page, brand: str, size: str) -> None:
        self.product, self.page = product, page
        self.name = f"{brand}-{size}"
        self.email = f"{self.name}@example.test"
        # Answers at once and presses 1.
        self.number = f"99910092{BRANDS.index(brand)}{list(SIZES).index(size)}"

    def whole(self) -> None:
        page, hand = self.page, Hand(self.page)
        self.look("the gate")
        sign_up(page, hand, self.email, self.product)
        verify_the_phone(page, hand, self.number, self.product)
        expect(page.locator("call-module")).to_contain_text("Connection fee, covered by free minutes")
        page.get_by_role("link", name="Balance").click()
        page.get_by_role("link", name="Add funds").click()
        pay(page, hand)
        self.look("paid")
        page.goto("/operators/elena/")
        module_is(page, "ready")
        self.talk(page.get_by_role("button", name=re.compile("Call Elena")), total="$0.00", free="1 minute")
        page.get_by_role("link", name="Call again").click()
        sheet = page.get_by_role("dialog", name="Call Elena")
        expect(sheet).to_contain_text("$0.99")
        self.look("the price of the second call")
        self.talk(sheet.get_by_role("button", name=re.compile("Call Elena")), total="$5.48", free="0 minutes")
        self.rate()
        self.product.ask(self.assert_booked)

    def talk(self, call: Locator, *, total: str, free: str) -> None:
        """A few seconds of one started minute; what the page says at its end."""
        page = self.page
        call.click()
        module_is(page, "live")
        shot(page, f"{self.name}-talking-{free}")
        page.get_by_role("button", name="Hang up").click()
        module_is(page, "ended")
        expect(page.locator('[data-part="sum-total"]')).to_have_text(total)
        expect(page.locator('[data-part="sum-free"]')).to_have_text(free)
        expect(page.get_by_role("link", name="Call again")).to_be_visible()
        self.look(f"after a call for {total}")

    def rate(self) -> None:
        page = self.page
        page.get_by_role("link", name="View receipt").click()
        expect(page.locator(".menu-line--sum")).to_contain_text("$5.48")
        page.get_by_label("5 stars, great").check()
        page.get_by_label("A few words (optional)").fill(WORDS)
        page.get_by_role("button", name="Rate").click()
        expect(page.get_by_role("heading", name="Your rating: 5 of 5")).to_be_visible()
        self.look("rated")
        page.goto("/activity/")
        for amount in ("$0.00", "$5.48", "$25.00"):
            expect(page.locator("main")).to_contain_text(amount)

    def assert_booked(self) -> None:
        """The free minute went first and cost nothing, then the wallet paid; books, wallet, and receipts agree."""
        customer = Customer.objects.get(user__email=self.email)
        first, second = Call.objects.filter(customer=customer).order_by("id")
        [package] = FreeMinutesPackage.objects.filter(customer=customer)
        assert (package.seconds_granted, package.seconds_used) == (60, 60)
        assert [bill(call) for call in (first, second)] == [(60, 0, 0), (0, RATE, FEE)]
        wallet = wallet_of(customer.pk)
        assert (wallet.balance_minor, wallet.held_minor) == (LOADED - RATE - FEE, 0)
        entries = Entry.objects.filter(account__customer=customer)
        assert sorted(entries.values_list("amount_minor", flat=True)) == [-RATE, -FEE, LOADED]
        assert [receipt_of(call.call_id).charged_minor for call in (first, second)] == [0, RATE + FEE]
        rating = Rating.objects.get(customer=customer)
        assert (rating.reference, rating.stars, rating.review) == (second.call_id, 5, WORDS)

    def look(self, where: str) -> None:
        assert_accessible(self.page, where)
        assert_fits(self.page, where)
        shot(self.page, f"{self.name}-{where}".replace(" ", "-"))


def bill(call: Call) -> tuple[int, int, int]:
    """Free seconds used, and what talk and fee came to."""
    settled = Authorization.objects.get(reference=call.call_id)
    return settled.free_used_seconds, settled.talk_minor, settled.fee_minor
