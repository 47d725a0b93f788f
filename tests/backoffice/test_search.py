"""Staff find a customer by what they know, and land on the page with everything about them."""

import re
from typing import Any
from urllib.parse import parse_qs, quote_plus, urlsplit

import pytest
from django.contrib import admin
from django.test import Client

from billing.ledger.models import Transaction
from billing.receipt_numbers import ReceiptOf, receipt_number
from billing.services.credit_wallet import credit_wallet
from billing.states import CreditSource
from core.encryption import encrypt
from core.private_search import PrivateSearchAdmin, seal, unseal
from customers.models import Customer, CustomerPhone
from notices.services.enqueue import enqueue
from notices.states import NoticeKind
from tests.factories import CustomerPhoneFactory, StaffFactory
from tests.scenario import (
    given_customer,
    given_free_minutes,
    given_operator,
    logged_in,
    tell,
    when_called,
    when_talked,
)

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
    answer = searched(desk, LIST, words)
    assert answer.status_code == 200
    return [customer.alias for customer in answer.context["cl"].result_list]


def searched(desk: Client, path: str, words: str, **filters: str) -> Any:
    """As the form of a list does it; the page that it leads to."""
    answer = desk.post(path, {"q": words, "_search": "1", **filters}, follow=True)
    [(url, status)] = answer.redirect_chain
    assert status == 302
    assert not set(quote_plus(words).split("+")) & set(re.split("[?&=/]", url)) - {""}, url
    return answer


@pytest.mark.parametrize("words", ["Amber Heron", ' "amber  heron" ', "AMBER HERON"])
def test_by_alias_with_and_without_quotes(desk: Client, amber: Customer, words: str) -> None:
    assert found(desk, words) == ["Amber Heron"]


def test_by_address_receipt_and_the_last_digits_of_a_phone(desk: Client, amber: Customer) -> None:
    taken = {phone.number[-2:] for phone in CustomerPhone.objects.all()}
    last = next(f"{digits:02}" for digits in range(100) if f"{digits:02}" not in taken)
    CustomerPhoneFactory(customer=amber, number=f"+199911100{last}", is_primary=False)
    call = when_called(amber, given_operator())
    when_talked(call, 127_000)
    for words in (amber.user.email.upper(), call.call_id, last):
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


def test_pages_and_filters_carry_the_search_on_without_saying_it(
    desk: Client, amber: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PrivateSearchAdmin, "list_per_page", 1, raising=False)
    monkeypatch.setattr(type(admin.site._registry[Customer]), "list_per_page", 1, raising=False)
    for number in range(2):
        CustomerPhoneFactory(
            customer=given_customer(alias=f"Same {number}"), number=f"+1999111{number}077", is_primary=False
        )
    page = desk.post(f"{LIST}?home_brand__id__exact={amber.home_brand_id}&p=7", {"q": "77", "_search": "1"})
    query = parse_qs(urlsplit(page["Location"]).query)
    assert query["home_brand__id__exact"] == [str(amber.home_brand_id)]
    assert set(query) == {"home_brand__id__exact", "q"}
    html = desk.get(page["Location"]).content.decode()
    assert 'value="77"' in html  # the box shows what was typed
    [second] = set(re.findall(r'href="([^"]*[?&;]p=2(?:&[^"]*)?)"', html))
    answer = desk.get(LIST + second.replace("&amp;", "&"))
    ending_so = CustomerPhone.objects.filter(phone_number__last_two="77").values("customer").distinct()
    assert answer.context["cl"].result_count == ending_so.count()
    assert answer.context["cl"].query == "77"


def test_the_desk_finds_a_person_by_address_without_it_in_any_link(desk: Client, amber: Customer) -> None:
    call = when_called(amber, given_operator())
    when_talked(call, 127_000)
    email = amber.user.email
    enqueue(NoticeKind.REFUND, recipient=amber.user, amount="$1.00")
    for path in ("/backoffice/transactions/", "/backoffice/mail/"):
        answer = searched(desk, path, email, kind="call" if "trans" in path else "refund")
        page = answer.content.decode()
        assert f'value="{email}"' in page
        links = re.findall(r'(?:href|action)="([^"]*)"', page)
        assert not [link for link in links if "@" in link or "%40" in link]
        assert answer.context["rows"]
    page = desk.get(f"/backoffice/customers/{amber.pk}/").content.decode()
    [all_of_theirs] = re.findall(r'href="(/backoffice/transactions/\?q=[^"]*)"', page)
    assert "@" not in all_of_theirs
    assert "%40" not in all_of_theirs
    answer = desk.get(all_of_theirs)
    assert (answer.context["filters"].search, len(answer.context["rows"])) == (email, 3)
    table = desk.get(f"/backoffice/transactions.csv?{answer.context['query']}")
    assert b"".join(table.streaming_content).count(call.call_id.encode()) == 2  # type: ignore[attr-defined]


@pytest.mark.parametrize("typed", ["somebody@example.test", "+1 (212) 555-0147", "12125550147"])
def test_an_address_that_says_it_is_not_searched(desk: Client, amber: Customer, typed: str) -> None:
    answer = desk.get(LIST, {"q": typed})
    assert "part of a link" in answer.content.decode()
    assert answer.context["cl"].query == ""
    for path in ("/backoffice/transactions/", "/backoffice/mail/"):
        assert desk.get(path, {"q": typed}).status_code == 400


def test_a_receipt_number_leads_to_what_it_is_of(desk: Client, amber: Customer) -> None:
    call = when_called(amber, given_operator())
    when_talked(call, 127_000)
    fee = Transaction.objects.get(reference=call.call_id, kind="connect_fee")
    silent = when_called(amber, given_operator())
    tell(silent, "no_answer", at=30, why="operator_no_answer", leg="operator")
    package = given_free_minutes(amber, 10)
    for of, pk, page in (
        (ReceiptOf.CALL, call.pk, f"/backoffice/transactions/{fee.pk}/"),
        (ReceiptOf.FUNDS, fee.pk, f"/backoffice/transactions/{fee.pk}/"),
        (ReceiptOf.CALL, silent.pk, f"/telephony/call/{silent.pk}/change/"),
        (ReceiptOf.GIFT, package.pk, f"/billing/freeminutespackage/{package.pk}/change/"),
    ):
        typed = receipt_number(of, pk).lower().replace("-", " ")
        answer = desk.post("/backoffice/transactions/", {"q": typed}, follow=True)
        assert (answer.redirect_chain[-1][0], answer.status_code) == (page, 200)
        assert found(desk, typed) == ["Amber Heron"]
    assert (
        receipt_number(ReceiptOf.CALL, call.pk)
        in desk.get(f"/backoffice/transactions/{fee.pk}/").content.decode()
    )


def test_a_mistyped_receipt_number_is_said_to_be_one(desk: Client, amber: Customer) -> None:
    transaction = Transaction.objects.get(customer=amber)
    number = receipt_number(ReceiptOf.FUNDS, transaction.pk)
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    answer = desk.post("/backoffice/transactions/", {"q": wrong}, follow=True)
    assert (answer.status_code, "has a typo" in answer.content.decode()) == (400, True)
    customers = searched(desk, LIST, wrong)
    assert "has a typo" in customers.content.decode()
    assert customers.context["cl"].result_count == 0
    nothing = receipt_number(ReceiptOf.CALL, 999_999)
    answer = desk.post("/backoffice/transactions/", {"q": nothing}, follow=True)
    assert (answer.status_code, nothing in answer.content.decode()) == (404, True)


def test_a_payments_reference_that_looks_like_a_receipt_number_is_found(
    desk: Client, amber: Customer
) -> None:
    given_payment(amber, 5_000, "F-123456")
    answer = desk.post("/backoffice/transactions/", {"q": "F-123456"}, follow=True)
    assert [row.reference for row in answer.context["rows"]] == ["F-123456"]
    assert found(desk, "F-123456") == ["Amber Heron"]


def given_payment(customer: Customer, amount_minor: int, reference: str) -> None:
    credit_wallet(
        customer=customer, amount_minor=amount_minor, source=CreditSource.RECEIVED, reason="a transfer",
        actor=None, idempotency_key=reference, payment_reference=reference,
    )  # fmt: skip


def test_a_token_of_something_else_is_not_opened() -> None:
    assert unseal(seal(" somebody@example.test ")) == "somebody@example.test"
    assert unseal(encrypt("+12125550147")) == ""
    assert unseal(seal("x")[:-2]) == ""


def test_every_search_of_the_admin_is_posted() -> None:
    lists = {type(table) for table in admin.site._registry.values() if table.search_fields}
    assert lists, "there are searches"
    assert [table for table in lists if not issubclass(table, PrivateSearchAdmin)] == []
