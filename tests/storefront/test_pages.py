"""Every page of the customer sites, for those who may see it and those who may not."""

import re
from typing import Any, cast

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core.days import write_time
from customers.models import Customer, User
from operators.models import Operator
from operators.states import Presence
from tests.factories import BrandFactory, StaffFactory
from tests.scenario import (
    BRAND_HOST,
    customer_client,
    given_customer,
    given_free_minutes,
    given_operator,
    logged_in,
    tell,
    the_call,
    when_called,
    when_talked,
)

pytestmark = pytest.mark.django_db

OF_ADULTS = ["/operators/", "/operators/sarah/"]
OF_CUSTOMERS = [
    "/dashboard/",
    "/activity/",
    "/calls/",
    "/calls/call_1_abcdef/",
    "/messages/",
    "/messages/sarah/",
]
OF_ANYBODY = ["/", "/help/", "/help/pricing/", "/help/privacy/", "/help/safety/", "/help/funds/"]


@pytest.fixture
def sarah() -> Operator:
    return given_operator(slug="sarah", stage_name="Sarah")


def text_of(client: Client, path: str, status: int = 200) -> str:
    response = client.get(path)
    assert response.status_code == status, path
    return " ".join(response.content.decode().split())


def state_of(html: str) -> str:
    """Which state the call module shows."""
    found = re.search(r'<call-module[^>]* data-state="([a-z]+)"', html)
    assert found
    return found[1]


@pytest.mark.parametrize("path", OF_CUSTOMERS)
def test_strangers_are_sent_to_log_in(path: str, sarah: Operator) -> None:
    response = Client(headers={"Host": BRAND_HOST}).get(path)
    assert response.status_code == 302
    assert response.headers["Location"] == f"/accounts/login/?next={path}"


@pytest.mark.parametrize("path", OF_ANYBODY)
def test_anybody_may_read_what_it_costs_and_what_is_kept(path: str) -> None:
    BrandFactory()
    html = text_of(Client(headers={"Host": BRAND_HOST}), path)
    assert "flirts.nyc" in html
    assert 'data-theme="flirts"' in html


@pytest.mark.parametrize(
    ("first", "following", "counts", "least", "billable", "total"),
    [
        (60, 60, "partial minutes round up", "first minute", "6:00", "$24.93"),
        (
            60,
            6,
            "the first minute is charged in full, then time rounds up to the next 6 seconds",
            "first minute",
            "5:24",
            "$22.54",
        ),
        (30, 30, "time rounds up to the next 30 seconds", "first 30 seconds", "5:30", "$22.94"),
        (1, 1, "time rounds up to the next second", "first second", "5:23", "$22.47"),
    ],
)
def test_the_words_about_counting_are_true_for_every_tariff(
    settings: Any, sarah: Operator, first: int, following: int, counts: str, least: str, billable: str, total: str
) -> None:  # fmt: skip
    settings.BILLING = {
        **settings.BILLING, "FIRST_INCREMENT_SECONDS": first, "NEXT_INCREMENT_SECONDS": following
    }  # fmt: skip
    prices = text_of(Client(headers={"Host": BRAND_HOST}), "/help/pricing/")
    assert f"{counts[0].upper()}{counts[1:]}: the first second starts the {least}" in prices
    assert f"a call of 5:23 is charged as {billable}." in prices
    assert total in prices
    page = text_of(customer_client(given_customer(balance="0.50")), "/operators/sarah/")
    assert f"Per minute <small>({counts})</small>" in page
    assert f"for the first {least.removeprefix('first ')} with Sarah." in " ".join(page.split())
    customer = given_customer(balance="45.00")
    call = when_called(customer, sarah)
    when_talked(call, 3_000)
    settings.BILLING = {**settings.BILLING, "NEXT_INCREMENT_SECONDS": 7}  # a receipt is of the terms it had
    assert f"a minute, {counts}." in text_of(customer_client(customer), f"/calls/{call.call_id}/")


@pytest.mark.parametrize("path", [*OF_ADULTS, "/dashboard/", "/calls/"])
def test_staff_are_told_that_this_is_for_customers(path: str, sarah: Operator) -> None:
    staff = cast(User, StaffFactory())
    html = text_of(logged_in(staff, BRAND_HOST), path, status=403)
    assert "This is for customers." in html


def test_home_takes_customers_to_the_directory() -> None:
    response = customer_client(given_customer()).get("/")
    assert response.headers["Location"] == "/operators/"


def test_the_directory_offers_a_quick_call_to_those_who_can_talk_now(sarah: Operator) -> None:
    given_operator(slug="noor", stage_name="Noor", presence=Presence.OFFLINE)
    html = text_of(customer_client(given_customer()), "/operators/")
    sarahs, noors = html.split('<article class="operator-card"')[1:3]
    assert f'data-operator-id="{sarah.pk}"' in sarahs
    assert "quick-call-btn" in sarahs
    assert "quick-call-btn" not in noors
    assert "$3.99" in sarahs


def test_an_empty_directory_says_what_to_do_next() -> None:
    assert "No one is listed here yet" in text_of(customer_client(given_customer()), "/operators/")


def test_the_directory_goes_on_by_key() -> None:
    for _ in range(26):
        given_operator()
    client = customer_client(given_customer())
    first = text_of(client, "/operators/")
    following = re.search(r'rel="next" href="([^"]+)"', first)
    assert following
    second = text_of(client, "/operators/" + following[1])
    assert (first.count('"operator-card"'), second.count('"operator-card"')) == (24, 2)


def test_the_operators_page_says_price_balance_and_talk_time(sarah: Operator) -> None:
    html = text_of(customer_client(given_customer(free_minutes=10)), "/operators/sarah/")
    assert state_of(html) == "ready"
    for words in ("$3.99/min", "$0.99", "$45.00", "10 minutes", "about 21 minutes", "(212) 555-0110"):
        assert words in html


@pytest.mark.parametrize(
    ("presence", "state"),
    [(Presence.AWAY, "away"), (Presence.OFFLINE, "offline"), (Presence.ONLINE, "ready")],
)
def test_the_operators_page_says_who_can_talk(presence: Presence, state: str) -> None:
    given_operator(slug="sarah", presence=presence)
    assert state_of(text_of(customer_client(given_customer()), "/operators/sarah/")) == state


def test_too_little_money_offers_to_add_funds(sarah: Operator) -> None:
    html = text_of(customer_client(given_customer(balance="4.97")), "/operators/sarah/")
    assert state_of(html) == "unfunded"
    assert "You need $4.98" in html


def test_without_a_verified_phone_nothing_is_offered(sarah: Operator) -> None:
    html = text_of(customer_client(given_customer(phone=False)), "/operators/sarah/")
    assert state_of(html) == "unready"


def test_a_running_call_is_shown_on_its_page_and_at_the_foot_of_others(sarah: Operator) -> None:
    customer = given_customer()
    call = when_called(customer, sarah)
    given_operator(slug="theo", stage_name="Theo")
    client = customer_client(customer)
    assert state_of(text_of(client, "/operators/sarah/")) == "connecting"
    assert state_of(text_of(client, "/operators/theo/")) == "elsewhere"
    bar = re.search(r"<active-call-bar[^>]*>", text_of(client, "/operators/"))
    assert bar
    assert "hidden" not in bar[0]
    assert call.call_id in text_of(client, "/dashboard/")


def test_another_customer_sees_the_operator_busy_and_nothing_of_the_call(sarah: Operator) -> None:
    call = when_called(given_customer(), sarah)
    html = text_of(customer_client(given_customer()), "/operators/sarah/")
    assert state_of(html) == "busy"
    assert call.call_id not in html


def test_the_end_of_a_call_is_a_receipt_to_the_cent(sarah: Operator) -> None:
    customer = given_customer()
    call = when_called(customer, sarah)
    when_talked(call, 127_000)
    client = customer_client(customer)
    module = text_of(client, f"/operators/sarah/?call={call.call_id}")
    assert state_of(module) == "ended"
    for page in (module, text_of(client, f"/calls/{call.call_id}/")):
        for words in ("02:07", "3 minutes", "$11.97", "$0.99", "$12.96"):
            assert words in page
    assert "−$12.96" in text_of(client, "/activity/")
    assert "$32.04" in text_of(client, "/dashboard/")


def test_a_call_that_was_not_answered_says_why_and_that_nothing_was_charged(sarah: Operator) -> None:
    customer = given_customer()
    call = when_called(customer, sarah)
    tell(call, "no_answer", at=30, why="operator_no_answer", leg="operator")
    html = text_of(customer_client(customer), f"/operators/sarah/?call={call.call_id}")
    assert state_of(html) == "failed"
    assert "Sarah missed your call. You weren’t charged." in html


def test_a_receipt_of_a_running_call_is_the_page_where_it_runs(sarah: Operator) -> None:
    customer = given_customer()
    call = when_called(customer, sarah)
    response = customer_client(customer).get(f"/calls/{call.call_id}/")
    assert response.headers["Location"] == "/operators/sarah/"


@pytest.mark.parametrize("path", ["/calls/{}/", "/operators/sarah/?call={}"])
def test_somebody_elses_call_is_not_there(path: str, sarah: Operator) -> None:
    call = when_called(given_customer(), sarah)
    when_talked(call, 5_000)
    text_of(customer_client(given_customer()), path.format(call.call_id), status=404)


def test_free_minutes_are_listed_with_whom_and_until_when(sarah: Operator) -> None:
    customer = given_customer()
    package = given_free_minutes(customer, 10, operator=sarah)
    html = text_of(customer_client(customer), "/dashboard/")
    assert 'href="/operators/sarah/">Sarah</a>' in html
    assert write_time(package.expires_at, customer.user.time_zone) in html


def test_no_page_of_a_call_shows_any_number_of_a_person(sarah: Operator) -> None:
    customer = given_customer()
    call = the_call(when_called(customer, sarah))
    private = [str(sarah.phone)[1:], str(customer.phones.get().number)[1:]]
    client = customer_client(customer)
    for path in (
        "/operators/sarah/",
        "/dashboard/",
        "/activity/",
        "/operators/",
        f"/operators/sarah/?call={call.call_id}",
    ):
        digits = re.sub(r"[^0-9]", "", text_of(client, path))
        assert not [number for number in private if number in digits]


def queries_of(client: Client, path: str) -> int:
    client.get(path)
    with CaptureQueriesContext(
        connection,
    ) as captured:
        text_of(client, path)
    return len(captured)


def give_past(customer: Customer, operator: Operator, calls: int) -> None:
    for _ in range(calls):
        when_talked(when_called(customer, operator), 3_000)


@pytest.mark.parametrize("path", ["/operators/", "/operators/sarah/", "/dashboard/", "/activity/"])
def test_the_number_of_queries_does_not_grow(path: str, sarah: Operator) -> None:
    customer = given_customer(balance="400.00", free_minutes=5)
    give_past(customer, sarah, 1)
    client = customer_client(customer)
    few = queries_of(client, path)
    give_past(customer, sarah, 4)
    for _ in range(5):
        given_operator()
        given_free_minutes(customer, 5, operator=sarah)
    assert queries_of(client, path) == few
    assert few <= 22  # one of them counts the view of an operator's page
