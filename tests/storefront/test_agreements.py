"""What customers agree to is kept word for word, and a new edition is asked for before anything more is spent."""

import hashlib
import re
from typing import Any

import pytest
from django.db import InternalError, ProgrammingError, transaction
from django.test import Client
from django.urls import reverse

from brands.models import Brand
from core.errors import Invalid, NotAllowed
from core.models import AuditRecord
from customers.legal import ASKED_AGAIN, SHIPPED_EDITIONS, pending_kinds
from customers.models import Consent, Customer, LegalEdition, LegalText
from customers.services.publish_legal_edition import publish_legal_edition
from customers.states import ConsentKind
from messaging.models import Message
from operators.models import Operator
from storefront.legal import as_html, document
from telephony.models import Call
from tests.factories import BrandFactory, StaffFactory
from tests.messaging.scenario import text
from tests.scenario import api, customer_client, given_customer, given_operator, logged_in, when_called

pytestmark = pytest.mark.django_db
EARLIER = SHIPPED_EDITIONS | {
    ConsentKind.TERMS: "2026-01",
    ConsentKind.PRIVACY: "2026-01",
    ConsentKind.PRICES: "2026-01",
}
BROWSER = "Mozilla/5.0 (of a test)"
ASKING = ["/operators/", "/operators/sarah/", "/dashboard/", "/messages/", "/messages/sarah/", "/funds/"]
ALWAYS_OPEN = ["/account/", "/account/limits/", "/account/phones/", "/activity/", "/help/terms/", "/live/"]

# The digest of each shipped text. A text whose meaning changes gets a new edition (customers/legal.py): customers are asked
# again. A digest alone is changed for a slip of the pen.
DIGESTS = {
    (ConsentKind.TERMS, "2026-11c"): "02533657c9715ccc",
    (ConsentKind.PRIVACY, "2026-11k"): "7bd5cd0504619638",
    (ConsentKind.PRICES, "2026-11b"): "2e017614e089b2d0",
}


@pytest.fixture
def brand() -> Brand:
    made: Brand = BrandFactory()
    return made


@pytest.fixture
def sarah() -> Operator:
    return given_operator(slug="sarah", stage_name="Sarah")


@pytest.fixture
def earlier(sarah: Operator) -> Customer:
    """A customer who agreed to earlier editions."""
    return given_customer(agreements=EARLIER)


def publish(brand: Brand, words: str = "# Ours\n\nBe kind.", kind: str = ConsentKind.TERMS) -> LegalEdition:
    return publish_legal_edition(brand=brand, kind=kind, text=words, summary="Shorter.", actor=None)


def agree_by_form(client: Client, **changes: Any) -> Any:
    html = client.get("/account/agreements/").content.decode()
    editions = re.search(r'name="editions" value="([^"]+)"', html)
    assert editions, html
    fields = {"agrees": "on", "editions": editions[1], "next": "/operators/sarah/"} | changes
    return client.post("/account/agreements/", fields, headers={"User-Agent": BROWSER})


# -- the texts


def test_a_shipped_text_changes_with_its_edition_alone() -> None:
    brand = BrandFactory(slug="plain")
    digests = {}
    for kind in ASKED_AGAIN:
        words = " ".join(document(brand, kind).html.split())
        digests[(kind, SHIPPED_EDITIONS[kind])] = hashlib.sha256(words.encode()).hexdigest()[:16]
    assert digests == DIGESTS


def test_the_page_shows_the_text_that_counts(brand: Brand) -> None:
    visitor = Client(headers={"Host": "flirts.localhost"})
    assert "Edition 2026-11" in visitor.get("/help/terms/").content.decode()
    edition = publish(brand, "# House rules\n\nBe <kind>.\nAlways.")
    html = visitor.get("/help/terms/").content.decode()
    assert '<h2 id="part-1">House rules</h2>\n<p>Be &lt;kind&gt;.<br>Always.</p>' in html
    assert f"Edition {edition.edition}" in html


def test_a_privacy_notice_of_a_brand_still_says_what_is_kept(brand: Brand) -> None:
    publish(brand, "Ours.", ConsentKind.PRIVACY)
    html = Client(headers={"Host": "flirts.localhost"}).get("/help/privacy/").content.decode()
    assert "<p>Ours.</p>" in html
    assert "2 years after it was sent" in html


def test_text_of_staff_is_never_html() -> None:
    assert as_html("# A <b>\n\n\n\n<script>\n\n") == "<h2>A &lt;b&gt;</h2>\n<p>&lt;script&gt;</p>"


# -- asked again


@pytest.mark.parametrize("path", ASKING)
def test_who_agreed_to_an_earlier_edition_is_asked_where_they_would_spend(
    earlier: Customer, path: str
) -> None:
    response = customer_client(earlier).get(path)
    assert (response.status_code, response.headers["Location"]) == (
        302,
        f"{reverse('agreements')}?next={path.replace('/', '%2F')}",
    )


@pytest.mark.parametrize("path", ALWAYS_OPEN)
def test_what_one_needs_without_spending_is_open(earlier: Customer, path: str) -> None:
    assert customer_client(earlier).get(path).status_code == 200


def test_nothing_is_spent_before_agreeing(earlier: Customer, sarah: Operator) -> None:
    refused = api(earlier).post("/api/calls/initiate/", {"operator_id": sarah.pk})
    assert (refused.status_code, refused.json()["code"]) == (403, "terms_changed")
    with pytest.raises(NotAllowed, match="agree first"):
        text(earlier, sarah)
    assert not Call.objects.exists()
    assert not Message.objects.exists()
    agree_by_form(customer_client(earlier))
    assert (
        api(earlier).post("/api/calls/initiate/", {"operator_id": sarah.pk}).json()["code"] != "terms_changed"
    )
    assert text(earlier, sarah).is_new


def test_agreeing_keeps_the_text_the_address_and_the_browser(earlier: Customer, brand: Brand) -> None:
    client = customer_client(earlier)
    page = client.get("/account/agreements/").content.decode()
    assert agree_by_form(client).headers["Location"] == "/operators/sarah/"
    given = Consent.objects.filter(customer=earlier, version__startswith="2026-11").select_related("text")
    assert {consent.kind for consent in given} == {*ASKED_AGAIN}
    for consent in given:
        assert consent.text is not None
        assert consent.text.text in page
        assert (consent.address, consent.user_agent, consent.brand) == ("127.0.0.1", BROWSER, brand)
    assert pending_kinds(earlier.pk, brand) == []
    assert client.get("/account/agreements/").status_code == 302
    assert client.get("/operators/").status_code == 200


def test_without_a_tick_nothing_is_agreed_to(earlier: Customer, brand: Brand) -> None:
    response = agree_by_form(customer_client(earlier), agrees="")
    assert "Check the box if you agree." in response.content.decode()
    assert pending_kinds(earlier.pk, brand)


def test_an_edition_published_while_the_page_was_open_is_shown_first(earlier: Customer, brand: Brand) -> None:
    client = customer_client(earlier)
    html = client.get("/account/agreements/").content.decode()
    publish(brand)
    editions = re.search(r'name="editions" value="([^"]+)"', html)
    assert editions
    response = client.post("/account/agreements/", {"agrees": "on", "editions": editions[1]})
    assert "Be kind." in response.content.decode()
    assert "checked" not in response.content.decode().split("<form")[-1]
    assert set(pending_kinds(earlier.pk, brand)) == {*ASKED_AGAIN}


def test_a_customer_in_a_call_is_not_taken_away_from_it(brand: Brand, sarah: Operator) -> None:
    customer = given_customer()
    when_called(customer, sarah)
    publish(brand)
    assert customer_client(customer).get("/operators/sarah/").status_code == 200


# -- a brand's own


def test_a_brands_own_edition_asks_its_customers_and_nobody_else(brand: Brand) -> None:
    customer, other = given_customer(), BrandFactory(slug="nycflirts")
    assert pending_kinds(customer.pk, brand) == []
    publish(brand)
    assert pending_kinds(customer.pk, brand) == [ConsentKind.TERMS]
    assert pending_kinds(customer.pk, other) == []


def test_editions_of_one_day_have_names_of_their_own(brand: Brand) -> None:
    first, second = publish(brand), publish(brand)
    assert second.edition == f"{first.edition}.2"
    assert first.edition.startswith("flirts:")


@pytest.mark.parametrize(("kind", "words"), [(ConsentKind.PRICES, "Ours."), (ConsentKind.TERMS, " \n ")])
def test_what_cannot_be_published(brand: Brand, kind: str, words: str) -> None:
    with pytest.raises(Invalid):
        publish(brand, words, kind)


def test_staff_publish_in_the_admin_on_record_and_for_good(brand: Brand) -> None:
    staff = StaffFactory()
    client = logged_in(staff, "admin.localhost")
    add = "/customers/legaledition/add/"
    assert client.get(add).status_code == 200
    fields = {"brand": brand.pk, "kind": "terms", "summary": "New.", "text": "Be kind."}
    assert client.post(add, fields).status_code == 302
    edition = LegalEdition.objects.get()
    record = AuditRecord.objects.get(action="legal.publish")
    assert (record.actor, record.subject) == (staff, f"customers.legaledition:{edition.pk}")
    change = f"/customers/legaledition/{edition.pk}/change/"
    assert client.get(change).status_code == 200
    assert client.post(change, fields | {"text": "Other."}).status_code == 403
    assert client.get(f"/customers/legaledition/{edition.pk}/delete/").status_code == 403


def test_staff_read_what_a_customer_agreed_to(earlier: Customer) -> None:
    agree_by_form(customer_client(earlier))
    client = logged_in(StaffFactory(), "admin.localhost")
    page = client.get(f"/backoffice/customers/{earlier.pk}/").content.decode()
    row = LegalText.objects.get(kind=ConsentKind.TERMS)
    path = f"/customers/legaltext/{row.pk}/change/"
    assert path in page
    assert "from 127.0.0.1" in page
    assert row.text.split("</p>")[0] in client.get(path).content.decode()


@pytest.mark.parametrize("model", [LegalEdition, LegalText])
def test_the_database_changes_no_text(model: Any, brand: Brand, earlier: Customer) -> None:
    publish(brand)
    agree_by_form(customer_client(earlier))
    assert model.objects.exists()
    for change in (
        lambda: model.objects.update(text="other"),
        lambda: model.objects.all()._raw_delete("default"),
    ):
        with pytest.raises((InternalError, ProgrammingError)), transaction.atomic():
            change()
