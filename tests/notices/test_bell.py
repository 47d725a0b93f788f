"""The list behind the bell: what it says, what is new, one site's own, and the number in the header."""

from datetime import timedelta

import pytest
from django.test import Client

from core import clock
from customers.models import Customer
from notices.models import Notice, PageNotice
from notices.selectors import unread_notices_of
from notices.services.enqueue import enqueue
from notices.services.preferences import save_preferences
from notices.states import Channel, NoticeKind, PreferenceGroup
from privacy.services.delete_old_data import delete_old_data
from storefront.notice_views import PAGE
from tests.factories import BrandFactory
from tests.scenario import BRAND_HOST, given_customer, logged_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer() -> Customer:
    return given_customer(balance="20.00")


@pytest.fixture
def client(customer: Customer) -> Client:
    return logged_in(customer.user, BRAND_HOST)


def tell(customer: Customer, number: int = 1, brand: str = "flirts") -> Notice:
    url = "http://flirts.localhost:8000/messages/sarah/"
    return enqueue(
        NoticeKind.MESSAGE_WAITING, recipient=customer.user, brand=BrandFactory(slug=brand),
        key=f"message:{brand}:{number}", operator="Sarah", url=url,
    )  # fmt: skip


def test_a_notice_is_in_the_list_until_it_was_seen_in_bold(client: Client, customer: Customer) -> None:
    tell(customer)
    tell(customer)
    assert '<span data-slot="notices">1</span>' in client.get("/dashboard/").content.decode()
    page = client.get("/notices/").content.decode()
    assert '<a href="/messages/sarah/">Sarah wrote to you.</a>' in page
    assert "<strong>New</strong>" in page
    again = client.get("/notices/").content.decode()
    assert "Sarah wrote to you." in again
    assert "<strong>New</strong>" not in again
    assert '<span data-slot="notices"></span>' in again


def test_what_a_browser_fetches_ahead_is_not_read(client: Client, customer: Customer) -> None:
    tell(customer)
    client.head("/notices/")
    client.get("/notices/", headers={"Sec-Purpose": "prefetch;prerender"})
    assert unread_notices_of(customer.user_id, BrandFactory()) == 1


def test_it_is_in_the_list_also_where_mail_and_push_are_off(client: Client, customer: Customer) -> None:
    save_preferences(customer.user, {(PreferenceGroup.MESSAGES, channel): False for channel in Channel})
    tell(customer)
    assert "Sarah wrote to you." in client.get("/notices/").content.decode()


def test_each_site_has_its_own_and_codes_are_in_none(client: Client, customer: Customer) -> None:
    tell(customer, brand="nycflirts")
    enqueue(NoticeKind.LOGIN_CODE, recipient=customer.user, brand=BrandFactory(), code="ABCD-EFGH")
    assert "Nothing yet" in client.get("/notices/").content.decode()


def test_long_lists_come_in_pages(client: Client, customer: Customer) -> None:
    for number in range(PAGE + 1):
        tell(customer, number)
    page = client.get("/notices/").content.decode()
    assert page.count("Sarah wrote to you.") == PAGE
    oldest = PageNotice.objects.earliest("pk")
    assert oldest.read_at is None, "on the next page"
    older = client.get(f"/notices/?before={oldest.pk + 1}").content.decode()
    assert older.count("Sarah wrote to you.") == 1
    assert client.get("/notices/?before=x").status_code == 400


def test_open_pages_learn_the_number(client: Client, customer: Customer) -> None:
    tell(customer)
    updates = client.get("/live/").json()["updates"]
    assert [update["slots"] for update in updates if update["region"] == "notices"] == [{"notices": "1"}]


def test_it_is_kept_as_long_as_the_log_of_mail(customer: Customer) -> None:
    tell(customer)
    with clock.using(lambda at=clock.now() + timedelta(days=181): at):  # type: ignore[misc]  # noqa: B008
        delete_old_data()
    assert not PageNotice.objects.exists()
