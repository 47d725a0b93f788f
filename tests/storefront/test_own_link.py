"""An operator's own link: the first one opened before signing up counts, through the age gate, and never for oneself."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client

from core import clock
from customers.models import Customer
from customers.services.devices import hash_of, note_device
from operators.models import Listing, Operator, Referral
from operators.referrals import end_of
from tests.factories import BrandFactory, StaffFactory
from tests.scenario import (
    BRAND_HOST,
    customer_client,
    given_customer,
    given_operator,
    given_referral,
    logged_in,
)
from tests.storefront.test_arriving import code, sign_up

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_tries_yet() -> None:
    cache.clear()


@pytest.fixture
def sarah() -> Operator:
    return given_operator(stage_name="Sarah", slug="sarah")


@pytest.fixture
def visitor(sarah: Operator) -> Client:
    return Client(headers={"Host": BRAND_HOST})


def test_the_link_leads_to_the_page_and_keeps_whose_it_was(visitor: Client) -> None:
    answer = visitor.get("/with/sarah/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/operators/sarah/")
    cookie = answer.cookies["link"]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 30 * 86_400)
    assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("password", ["a long walk by the river", ""])
def test_who_passes_the_gate_and_signs_up_came_through_it(
    visitor: Client, sarah: Operator, password: str
) -> None:
    gate = visitor.get("/with/sarah/", follow=True).content.decode()
    assert 'name="next" value="/operators/sarah/"' in gate
    visitor.post("/enter/", {"next": "/operators/sarah/"})
    sign_up(visitor, password1=password)
    answer = visitor.post("/accounts/confirm-email/", {"code": code()})
    assert answer.cookies["link"]["max-age"] == 0
    referral = Referral.objects.get()
    assert (referral.customer, referral.operator, referral.brand) == (
        Customer.objects.get(),
        sarah,
        BrandFactory(),
    )
    assert referral.first_touch_at <= referral.created_at
    assert referral.ends_at == end_of(referral.created_at)
    # The next one who signs up in this browser came through nothing.
    visitor.post("/accounts/logout/")
    sign_up(visitor, email="other@example.test")
    assert Referral.objects.count() == 1


def test_the_first_link_counts_and_another_one_changes_nothing(visitor: Client, sarah: Operator) -> None:
    given_operator(slug="mira")
    visitor.get("/with/sarah/")
    assert "link" not in visitor.get("/with/mira/").cookies
    sign_up(visitor)
    assert Referral.objects.get().operator == sarah


def test_it_is_good_for_thirty_days(visitor: Client) -> None:
    given_operator(slug="mira")
    visitor.get("/with/sarah/")
    late = clock.now() + timedelta(days=30)
    with clock.using(lambda: late):
        sign_up(visitor)
        assert not Referral.objects.exists()
        assert "link" in visitor.get("/with/mira/").cookies  # and another one may take its place


@pytest.mark.parametrize("value", ["1.1.1", "", "x:y:z"])
def test_a_cookie_of_ones_own_making_is_none(visitor: Client, value: str) -> None:
    visitor.cookies["link"] = value
    sign_up(visitor)
    assert Customer.objects.exists()
    assert not Referral.objects.exists()


def test_without_a_link_nobody_is_referred(visitor: Client) -> None:
    visitor.get("/operators/sarah/")
    sign_up(visitor)
    assert not Referral.objects.exists()


def test_whom_the_site_does_not_list_has_no_link_there(visitor: Client, sarah: Operator) -> None:
    assert visitor.get("/with/nobody/").status_code == 404
    visitor.get("/with/sarah/")
    Listing.objects.filter(operator=sarah).update(is_active=False)
    answer = visitor.get("/with/sarah/")
    assert (answer.status_code, "link" in answer.cookies) == (404, False)
    sign_up(visitor)
    assert not Referral.objects.exists()


def test_a_link_of_another_site_does_not_count_on_this_one(visitor: Client, sarah: Operator) -> None:
    other = BrandFactory(slug="other")
    Listing.objects.create(operator=sarah, brand=other)
    elsewhere = Client(headers={"Host": "other.localhost"})
    visitor.cookies["link"] = elsewhere.get("/with/sarah/").cookies["link"].value
    sign_up(visitor)
    assert not Referral.objects.exists()


def test_who_has_an_account_is_taken_to_the_page_and_keeps_nothing(sarah: Operator) -> None:
    answer = customer_client(given_customer()).get("/with/sarah/")
    assert (answer.headers["Location"], "link" in answer.cookies) == ("/operators/sarah/", False)


def test_in_the_operators_own_browser_nobody_came_through_the_link(
    visitor: Client, sarah: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    note_device(user_id=sarah.user_id, marker="hers")
    monkeypatch.setattr("storefront.accounts.forms.marker_hash_of", lambda _request: hash_of("hers"))
    visitor.get("/with/sarah/")
    sign_up(visitor)
    assert Customer.objects.exists()
    assert not Referral.objects.exists()


# -- what the operator and staff see


def page_of(client: Client, path: str) -> str:
    return " ".join(client.get(path).content.decode().split())


def dashboard(operator: Operator) -> str:
    return page_of(logged_in(operator.user, "portal.localhost"), "/dashboard/")


def test_the_dashboard_shows_the_link_on_each_site_and_how_many_came(sarah: Operator) -> None:
    Listing.objects.create(operator=sarah, brand=BrandFactory(slug="other"))
    Listing.objects.create(operator=sarah, brand=BrandFactory(slug="hidden"), is_active=False)
    customer = given_customer(alias="Amber Heron 1")
    given_referral(customer, sarah)
    html = dashboard(sarah)
    for host, shown in (("flirts.localhost", True), ("other.localhost", True), ("hidden.localhost", False)):
        assert (f"{host}:8000/with/sarah/" in html) is shown
    assert '<dd data-own-link="signed-up">1</dd>' in html
    assert "Amber Heron" not in html
    assert "Earned extra" not in html
    Operator.objects.update(referral_share_bps=8500)
    html = dashboard(sarah)
    assert "you get 85% of what they pay you instead of 80%" in html
    assert '<dd data-own-link="extra">$0.00</dd>' in html


def test_who_is_listed_nowhere_has_no_link_yet(sarah: Operator) -> None:
    Listing.objects.all().delete()
    assert "No site lists you right now" in dashboard(sarah)


def test_staff_see_it_on_both_pages(sarah: Operator) -> None:
    customer, desk = given_customer(), logged_in(StaffFactory(), "admin.localhost")
    Operator.objects.update(referral_share_bps=8500)
    assert "no link" in page_of(desk, f"/backoffice/customers/{customer.pk}/")
    given_referral(customer, sarah)
    assert f'the link of <a href="/backoffice/operators/{sarah.pk}/">Sarah</a>' in page_of(
        desk, f"/backoffice/customers/{customer.pk}/"
    )
    assert "1 signed up through it, share 85%" in page_of(desk, f"/backoffice/operators/{sarah.pk}/")
