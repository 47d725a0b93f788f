"""Staff find a customer by what they know, and land on the page with everything about them."""

import pytest
from django.test import Client

from customers.models import Customer
from tests.factories import CustomerPhoneFactory, StaffFactory
from tests.scenario import given_customer, given_operator, logged_in, when_called, when_talked

pytestmark = pytest.mark.django_db
LIST = "/customers/customer/"


@pytest.fixture
def desk() -> Client:
    return logged_in(StaffFactory(), "admin.localhost")


@pytest.fixture
def amber() -> Customer:
    amber = given_customer(balance="45.00", alias="Amber Heron")
    given_customer(alias="Amber")
    given_customer(alias="Blue Heron")
    return amber


def found(desk: Client, words: str) -> list[str]:
    answer = desk.get(LIST, {"q": words})
    assert answer.status_code == 200
    return [customer.alias for customer in answer.context["cl"].result_list]


@pytest.mark.parametrize("words", ["Amber Heron", ' "amber  heron" ', "AMBER HERON"])
def test_by_alias_with_and_without_quotes(desk: Client, amber: Customer, words: str) -> None:
    assert found(desk, words) == ["Amber Heron"]


def test_by_address_receipt_and_the_last_digits_of_a_phone(desk: Client, amber: Customer) -> None:
    CustomerPhoneFactory(customer=amber, number="+19991110077", is_primary=False)
    call = when_called(amber, given_operator())
    when_talked(call, 127_000)
    for words in (amber.user.email.upper(), call.call_id, "77"):
        assert found(desk, words) == ["Amber Heron"], words


@pytest.mark.parametrize("words", ["", "  ", '"'])
def test_nothing_typed_shows_everybody(desk: Client, amber: Customer, words: str) -> None:
    assert len(found(desk, words)) == 3


@pytest.mark.parametrize("words", ["Heron", "nobody@example.test", "call_unknown", "%", "7" * 40])
def test_nobody_is_found_by_half_of_a_name(desk: Client, amber: Customer, words: str) -> None:
    assert found(desk, words) == []


def test_the_list_opens_the_page_of_the_person(desk: Client, amber: Customer) -> None:
    page = desk.get(LIST).content.decode()
    assert f'<a href="/backoffice/customers/{amber.pk}/">Amber Heron</a>' in page
    assert f'href="/customers/customer/{amber.pk}/change/' not in page
    assert (
        f"/customers/customer/{amber.pk}/change/"
        in desk.get(f"/backoffice/customers/{amber.pk}/").content.decode()
    )
