"""The landing page: a person, the offer that the settings make, steps, a true bill, reviews, questions, and a light first visit."""

import gzip
import re
from html import unescape
from pathlib import Path

import pytest
from django.core.cache import cache
from django.test import Client

from billing import rating
from billing.models import Offer
from billing.services.rate_paid import rate_paid
from billing.states import OfferKind
from billing.tariffs import tariff_for
from brands.models import Brand
from core.money import format_money
from operators.models import Operator
from operators.services.rate import moderate_rating
from operators.states import Presence
from tests.billing.sandbox import given_merchant_account
from tests.factories import BrandFactory, StaffFactory
from tests.scenario import BRAND_HOST, given_customer, given_operator, when_called, when_talked
from tests.support.html import compact
from tools.environment import ROOT

pytestmark = pytest.mark.django_db
MAX_BYTES = 170_000
MAX_REQUESTS = 40  # each style sheet and module is a request of its own


@pytest.fixture
def visitor() -> Client:
    """Somebody who passed the gate."""
    BrandFactory()
    cache.clear()
    client = Client(headers={"Host": BRAND_HOST})
    client.post("/enter/", {"next": "/"})
    return client


def page_of(client: Client, path: str = "/") -> str:
    response = client.get(path)
    assert response.status_code == 200
    return compact(response)


def rated(operator: Operator, review: str, stars: int = 5) -> str:
    """A review by a new customer, and their alias."""
    customer = given_customer()
    call = when_called(customer, operator)
    when_talked(call, 200_000)
    rate_paid(customer=customer, reference=call.call_id, stars=stars, review=review)
    return customer.alias


def test_a_person_stands_on_top_and_the_others_below_once_each(visitor: Client) -> None:
    sarah, theo = given_operator(stage_name="Sarah"), given_operator(stage_name="Theo")
    given_operator(stage_name="Noor", presence=Presence.OFFLINE)
    page = page_of(visitor)
    hero = re.findall(r'class="landing-person" data-operator-id="(\d+)"', page)
    cards = re.findall(r'class="operator-card" data-operator-id="(\d+)"', page)
    assert len(hero) == 1
    assert {*hero, *cards} == {str(sarah.pk), str(theo.pk)}
    assert len(cards) == 1


def test_the_offer_is_what_the_settings_give_and_nothing_without_one(visitor: Client) -> None:
    assert "free minute" not in page_of(visitor).partition('class="landing-bill"')[0]
    Offer.objects.create(
        kind=OfferKind.WELCOME, name="Welcome gift", minutes=3, covers_fee=True, daily_budget_minor=50_000
    )
    assert "verify your phone and get 3 free minutes, connection fee included" in page_of(visitor)


def test_the_bill_is_billings_own(visitor: Client) -> None:
    sarah = given_operator(stage_name="Sarah")
    page = page_of(visitor)
    assert "10 minutes with Sarah" in page
    assert format_money(rating.cost(tariff_for(sarah), 600, 0)) in page


def test_reviews_are_the_newest_with_words_under_a_name_that_is_not_the_alias(visitor: Client) -> None:
    sarah = given_operator(stage_name="Sarah")
    assert "Latest reviews" not in page_of(visitor)
    aliases = [rated(sarah, words) for words in ("The oldest", "A calm hour", "Too short", "")]
    page = page_of(visitor)
    assert "A calm hour" in page
    assert "Too short" in page
    assert "The oldest" not in page
    assert [alias for alias in aliases if alias in page] == []
    newest = sarah.ratings.get(review="Too short")
    assert newest.public_name in page
    moderate_rating(rating_id=newest.pk, is_hidden=True, reason="Rude", actor=StaffFactory())
    assert "Too short" not in page_of(visitor)


def test_the_statement_is_explained_by_the_merchant_account_alone(visitor: Client) -> None:
    assert "What will my statement say?" not in page_of(visitor)
    account = given_merchant_account()
    page = unescape(page_of(visitor))
    assert f"Your card statement says “{account.statement_text}”" in page
    assert "Does anyone see my number?" in page


def test_search_engines_are_told_the_address_and_no_more_than_is_true(visitor: Client) -> None:
    brand = Brand.objects.get()
    page = page_of(visitor)
    assert f'<link rel="canonical" href="https://{brand.hosts.first().host}/">' in page
    assert re.search(r"<title>\S", page)
    assert "application/ld+json" not in page


# -- the weight of a first visit


def assets_of(page: str) -> set[Path]:
    """Each file of ours that a browser asks for, with the modules and faces that those ask for in turn; no photos."""
    named = re.findall(r'(?:<link[^>]*?href|<script[^>]*?src)="/static/([^"]+)"', page)
    sprites = re.findall(r'<use href="/static/([^#"]+)', page)
    files = {ROOT / "static" / name for name in [*named, *sprites]}
    waiting = [file for file in files if file.suffix == ".js"]
    while waiting:
        module = waiting.pop()
        for name in re.findall(r'(?:from|import)\s*\(?"(\.[^"]+)"', module.read_text()):
            found = (module.parent / name).resolve()
            if found not in files:
                files.add(found)
                waiting.append(found)
    return files


def sent_bytes(file: Path) -> int:
    """As it crosses the network: text is compressed, faces are already."""
    content = file.read_bytes()
    return len(content) if file.suffix == ".woff2" else len(gzip.compress(content))


def test_a_first_visit_is_light_without_photos(visitor: Client) -> None:
    for number in range(8):
        given_operator(stage_name=f"Sarah {number}", headline="Late-night talks", rating_count=0)
    html = visitor.get("/").content
    files = assets_of(html.decode())
    assert len(files) > 8, "they are looked for where they are"
    icons = 3  # the brand's icon, its larger form, and the manifest
    assert len(files) + icons + 1 < MAX_REQUESTS
    assert sum(map(sent_bytes, files)) + len(gzip.compress(html)) < MAX_BYTES
