"""The account's pages: profile, phones, limits, breaks, closing, funds, what is hidden, what was spent."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client

from billing.budget import read_budget
from billing.models import FundsRequest
from core import clock
from customers.models import Customer
from customers.services.limits import take_break
from operators.models import Favourite, Operator
from telephony.services.mail_receipt import mail_receipt
from tests.factories import CustomerPhoneFactory
from tests.scenario import (
    api,
    customer_client,
    given_customer,
    given_free_minutes,
    given_operator,
    set_daily_limit,
    tell,
    when_called,
    when_talked,
)
from tests.support.smtp_sink import deliver_mail
from web.time_zones import FIRST

pytestmark = pytest.mark.django_db
PAGES = [
    "/account/",
    "/account/phones/",
    "/account/limits/",
    "/account/notifications/",
    "/funds/",
    "/accounts/sessions/",
    "/accounts/email/",
]


@pytest.fixture
def customer() -> Customer:
    return given_customer(balance="100.00")


@pytest.fixture
def client(customer: Customer) -> Client:
    return customer_client(customer)


@pytest.fixture
def sarah() -> Operator:
    return given_operator(slug="sarah", stage_name="Sarah")


def html_of(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, path
    return response.content.decode()


@pytest.mark.parametrize("path", PAGES)
def test_each_page_of_the_account_opens_for_its_owner_alone(client: Client, path: str) -> None:
    html_of(client, path)
    assert Client(headers={"Host": "flirts.localhost"}).get(path).status_code == 302


def test_no_page_of_the_account_shows_a_whole_number(client: Client, customer: Customer) -> None:
    number = customer.phones.get().number
    assert not [path for path in PAGES if number[-7:] in html_of(client, path)]


def test_six_time_zones_are_offered_by_name_and_ones_own_is_among_the_rest(
    client: Client, customer: Customer
) -> None:
    customer.user.time_zone = "Europe/Paris"
    customer.user.save()
    page = client.get("/account/")
    html = page.content.decode()
    first = re.findall(r'<option value="([^"]+)"', html)[:6]
    assert first == [zone for zone, _ in FIRST]
    assert '<option value="Europe/Paris" selected>Paris</option>' in html
    assert "US/Indiana-Starke" not in html


def test_the_profile_keeps_the_time_zone(client: Client, customer: Customer) -> None:
    client.post("/account/", {"time_zone": "America/Chicago"})
    customer.refresh_from_db()
    assert customer.user.time_zone == "America/Chicago"


# -- phones


def test_another_phone_becomes_the_one_we_ring(client: Client, customer: Customer) -> None:
    second = CustomerPhoneFactory(customer=customer, is_primary=False)
    client.post(f"/account/phones/{second.pk}/ring/")
    assert [phone.pk for phone in customer.phones.filter(is_primary=True)] == [second.pk]


def test_a_removed_phone_is_not_rung_and_the_next_takes_its_place(client: Client, customer: Customer) -> None:
    first = customer.phones.get()
    second = CustomerPhoneFactory(customer=customer, is_primary=False)
    client.post(f"/account/phones/{first.pk}/remove/")
    assert customer.phones.get(verified_at__isnull=False) == second
    assert customer.phones.get(is_primary=True) == second


def test_nobody_touches_somebody_elses_phone(client: Client) -> None:
    other = given_customer().phones.get()
    assert client.post(f"/account/phones/{other.pk}/remove/").status_code == 404
    other.refresh_from_db()
    assert other.verified_at is not None


# -- limits


def test_a_lower_limit_holds_at_once_and_a_higher_one_after_a_day(customer: Customer) -> None:
    assert set_daily_limit(customer=customer, limit_minor=2000)
    assert not set_daily_limit(customer=customer, limit_minor=5000)
    assert not set_daily_limit(customer=customer, limit_minor=None)
    assert set_daily_limit(customer=customer, limit_minor=1000)
    assert not set_daily_limit(customer=customer, limit_minor=3000)
    limit, now = customer.spending_limits.get(), clock.now()
    assert limit.amount_at(now) == 1000
    assert limit.amount_at(now + timedelta(hours=25)) == 3000


def test_the_limit_counts_what_was_spent_today(client: Client, customer: Customer, sarah: Operator) -> None:
    client.post("/account/limits/amounts/", {"money_day": "20"})
    when_talked(when_called(customer, sarah), 30_000)
    customer.refresh_from_db()
    assert read_budget(customer.pk).limit_left_minor == 2000 - 498
    assert "$15.02 left today" in html_of(client, "/account/limits/")


def test_a_break_ends_calls_and_cannot_be_shortened(
    client: Client, customer: Customer, sarah: Operator
) -> None:
    take_break(customer=customer, length="month")
    client.post("/account/limits/break/", {"length": "day", "confirmed": "1"})
    customer.refresh_from_db()
    assert customer.paused_until is not None
    assert customer.paused_until > clock.now() + timedelta(days=29)
    assert "You asked for a break" in html_of(client, "/operators/sarah/")
    assert (
        api(customer).post("/api/calls/initiate/", {"operator_id": sarah.pk}).json()["code"]
        == "taking_a_break"
    )


def test_a_break_of_no_known_length_changes_nothing(client: Client, customer: Customer) -> None:
    client.post("/account/limits/break/", {"length": "an hour"})
    customer.refresh_from_db()
    assert customer.paused_until is None


def test_closing_wants_a_tick_and_then_nothing_is_rung_any_more(
    client: Client, customer: Customer, sarah: Operator
) -> None:
    assert "Check the box" in client.post("/account/close/", {}).content.decode()
    assert (
        client.post("/account/close/", {"sure": "on", "confirmed": "1"}).headers["Location"]
        == "/accounts/login/"
    )
    again = customer_client(customer)
    assert (
        api(customer).post("/api/calls/initiate/", {"operator_id": sarah.pk}).json()["code"]
        == "account_closed"
    )
    assert "closed" in again.post("/account/phones/", {"number": "212 555 0143"}).content.decode()


# -- money


@pytest.mark.django_db(transaction=True)
def test_a_wish_for_funds_reaches_the_staffs_queue_once(client: Client, customer: Customer) -> None:
    client.post("/funds/request/", {"amount": "50", "words": "by cheque"})
    client.post("/funds/request/", {"amount": "70"})
    wish = FundsRequest.objects.get()
    assert (wish.customer, wish.amount_minor, wish.words) == (customer, 5000, "by cheque")
    assert "$50.00" in html_of(client, "/funds/request/")


def test_the_dashboard_says_what_this_month_cost(client: Client, customer: Customer, sarah: Operator) -> None:
    when_talked(when_called(customer, sarah), 61_000)
    html = html_of(client, "/dashboard/")
    assert "Spent in" in html
    assert "$8.97" in html


def test_a_hidden_call_leaves_the_list_and_keeps_its_receipt(
    client: Client, customer: Customer, sarah: Operator
) -> None:
    call = when_called(customer, sarah)
    assert client.post(f"/calls/{call.call_id}/hide/").status_code == 404
    when_talked(call, 30_000)
    client.post(f"/calls/{call.call_id}/hide/")
    assert call.call_id not in html_of(client, "/activity/")
    assert "$4.98" in html_of(client, f"/calls/{call.call_id}/")
    assert customer_client(given_customer()).post(f"/calls/{call.call_id}/hide/").status_code == 404


def test_a_receipt_by_mail_says_the_sum_and_names_the_brand_only_at_its_end(
    customer: Customer, sarah: Operator
) -> None:
    Customer.objects.filter(pk=customer.pk).update(mails_receipts=True)
    call = when_called(customer, sarah)
    when_talked(call, 30_000)
    assert mail_receipt(call_id=call.call_id), "a job of an earlier version"
    assert deliver_mail() == 1, "and the end of the call wrote it, too: once"
    message = mail.outbox[-1]
    assert (message.subject, message.to) == ("Your receipt", [customer.user.email])
    assert "$4.98" in str(message.body)
    *lines, signature = str(message.body).strip().splitlines()
    assert signature == "flirts.nyc"
    visible = f"{message.subject} {' '.join(line for line in lines if '://' not in line)}"
    assert not [word for word in ("Sarah", "flirts", "call with") if word in visible]


def test_who_did_not_ask_gets_no_mail(customer: Customer, sarah: Operator) -> None:
    call = when_called(customer, sarah)
    when_talked(call, 30_000)
    assert not mail_receipt(call_id=call.call_id)
    assert deliver_mail() == 0


# -- finding


def test_a_favourite_is_marked_and_unmarked_and_found_on_top(
    client: Client, customer: Customer, sarah: Operator
) -> None:
    answer = client.post("/operators/sarah/favourite/", {"favourite": "1", "next": "/operators/"})
    assert answer.headers["Location"] == "/operators/"
    assert "Your favorites" in html_of(client, "/operators/")
    assert 'aria-pressed="true"' in html_of(client, "/operators/sarah/")
    client.post("/operators/sarah/favourite/", {"favourite": "0"})
    assert not Favourite.objects.exists()


def test_whom_one_talked_with_is_on_top(client: Client, customer: Customer, sarah: Operator) -> None:
    assert ">Recent<" not in html_of(client, "/operators/")
    when_talked(when_called(customer, sarah), 30_000)
    assert ">Recent<" in html_of(client, "/operators/")


def test_hours_and_gifts_stand_on_the_operators_page(
    client: Client, customer: Customer, sarah: Operator
) -> None:
    sarah.schedule.create(weekday=4, starts="20:00", ends="23:30")
    given_free_minutes(customer, 10, operator=sarah)
    html = html_of(client, "/operators/sarah/")
    assert "Friday" in html
    assert "8 PM to 11:30 PM" in html
    assert "Free minutes with Sarah" in html


def test_a_running_call_cannot_be_hidden(client: Client, customer: Customer, sarah: Operator) -> None:
    call = when_called(customer, sarah)
    tell(call, "started", at=10)
    assert client.post(f"/calls/{call.call_id}/hide/").status_code == 404
