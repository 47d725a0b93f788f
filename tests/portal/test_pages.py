"""Every page of the portal: who may see it, what it shows, how many questions it asks the database."""

import pytest
from django.test import Client
from django.urls import reverse

from operators.models import Block, Interaction, Note, Operator
from operators.selectors import CustomerHistory, customer_history
from tests.scenario import given_customer, given_operator, logged_in, when_called, when_talked
from tests.support.html import compact

pytestmark = pytest.mark.django_db

PORTAL = "portal.localhost"
PAGES = ["/", "/live/", "/dashboard/", "/statement/", "/customers/", "/ratings/", "/settings/", "/more/"]


@pytest.fixture
def operator() -> Operator:
    return given_operator(stage_name="Sarah")


@pytest.fixture
def page(operator: Operator) -> Client:
    return logged_in(operator.user, PORTAL)


@pytest.mark.parametrize("address", [*PAGES, "/statement.csv"])
def test_an_operator_sees_it(page: Client, address: str) -> None:
    assert page.get(address).status_code == 200


@pytest.mark.parametrize("address", [*(page for page in PAGES if page != "/"), "/statement.csv"])
def test_a_stranger_is_asked_to_log_in(address: str) -> None:
    answer = Client(headers={"Host": PORTAL}).get(address)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("address", [*PAGES, "/statement.csv"])
def test_a_customer_is_told_that_this_is_not_their_site(address: str) -> None:
    answer = logged_in(given_customer().user, PORTAL).get(address)
    assert answer.status_code == 403


def test_a_call_is_on_console_dashboard_statement_and_customers(page: Client, operator: Operator) -> None:
    customer = given_customer(alias="Amber Heron 482")
    when_talked(when_called(customer, operator), 127_000)
    for address in ("/", "/dashboard/"):
        assert "$10.37" in page.get(address).content.decode()
    statement = page.get("/statement/").content.decode()
    assert "$9.58" in statement  # 80 % of 3 × 3.99
    assert "$0.79" in statement  # 80 % of the fee
    assert "Amber Heron 482" in statement
    assert "Amber Heron 482" in page.get("/customers/").content.decode()


def test_the_statement_as_csv_has_every_line_and_no_formula(page: Client, operator: Operator) -> None:
    customer = given_customer(alias="=HYPERLINK(1)")
    when_talked(when_called(customer, operator), 59_000)
    answer = page.get("/statement.csv")
    lines = b"".join(answer.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert len(lines) == 3
    assert "'=HYPERLINK(1)" in lines[1]
    assert lines[1].split(",")[9] == "3.19"


def test_the_statement_is_filtered_by_what_and_when(page: Client, operator: Operator) -> None:
    when_talked(when_called(given_customer(), operator), 59_000)
    only_calls = page.get("/statement/?kind=call").content.decode()
    assert '<dd data-sum="earned">$3.98</dd>' in only_calls
    assert '<dd data-sum="earned">$0.00</dd>' in page.get("/statement/?kind=tip").content.decode()
    assert '<dd data-sum="earned">$0.00</dd>' in page.get("/statement/?to=2020-01-01").content.decode()


@pytest.mark.parametrize("query", ["kind=theft", "from=yesterday", "to=9999-99-99", "before=-1"])
def test_a_senseless_filter_is_refused_kindly(page: Client, query: str) -> None:
    assert page.get(f"/statement/?{query}").status_code == 400


def test_a_note_is_kept_and_taken_back(page: Client, operator: Operator) -> None:
    when_talked(when_called(given_customer(), operator), 59_000)
    known = Interaction.objects.get()
    address = reverse("portal:customer", args=[known.pk], urlconf="aeims.urls.portal")
    page.post(f"{address}note/", {"text": "Likes jazz"})
    assert "Likes jazz" in page.get(address).content.decode()
    page.post(f"{address}note/", {"text": "  "})
    assert not Note.objects.exists()


def test_a_blocked_customer_cannot_call_and_can_again(page: Client, operator: Operator) -> None:
    customer = given_customer()
    when_talked(when_called(customer, operator), 59_000)
    known = Interaction.objects.get()
    page.post(f"/customers/{known.pk}/block/")
    assert Block.objects.filter(customer=customer, blocked_by="operator").exists()
    page.post(f"/blocked/{Block.objects.get().pk}/unblock/")
    assert not Block.objects.exists()


def test_a_gift_of_free_minutes_keeps_to_the_budget(page: Client, operator: Operator) -> None:
    when_talked(when_called(given_customer(), operator), 59_000)
    known = Interaction.objects.get()
    Operator.objects.filter(pk=operator.pk).update(free_minutes_per_month=10)
    given = {"minutes": "7", "key": "once"}
    for _ in range(2):  # the second is a repeat
        page.post(f"/customers/{known.pk}/free-minutes/", given)
    answer = page.post(f"/customers/{known.pk}/free-minutes/", {"minutes": "4", "key": "more"}, follow=True)
    assert "more than you can still give away" in answer.content.decode()
    assert "You can give 3 more this month" in compact(answer)


def test_prices_stay_inside_the_bounds_of_the_house(page: Client, operator: Operator) -> None:
    told = {"rate_per_minute_minor": "$4.50", "connect_fee_minor": "1.00", "rate_per_message_minor": ".75"}
    assert page.post("/settings/prices/", told).status_code == 302
    operator.refresh_from_db()
    assert (operator.rate_per_minute_minor, operator.connect_fee_minor) == (450, 100)
    refused = page.post("/settings/prices/", {**told, "rate_per_minute_minor": "99"})
    assert refused.status_code == 400
    assert "between $0.99 and $9.99" in refused.content.decode()


def test_other_settings_are_kept(page: Client, operator: Operator) -> None:
    brand = operator.listings.get().brand_id
    page.post("/settings/channels/", {"takes_messages": "on", "wrap_up_seconds": "30"})
    page.post("/settings/hours/", {"starts_0": "20:00", "ends_0": "02:00"})
    operator.refresh_from_db()
    assert (operator.takes_calls, operator.takes_messages, operator.wrap_up_seconds) == (False, True, 30)
    assert not operator.listings.get(brand_id=brand).is_active
    assert operator.schedule.get().weekday == 0
    half = page.post("/settings/hours/", {"starts_0": "20:00"})
    assert "enter both times, or neither" in half.content.decode()


def test_a_caller_of_whom_nothing_is_known_is_what_the_gallery_may_leave_out(operator: Operator) -> None:
    assert customer_history(operator.pk, given_customer().pk) == CustomerHistory()


def test_the_gallery_shows_the_console_during_a_call() -> None:
    html = Client(headers={"Host": PORTAL}).get("/_gallery/").content.decode()
    assert 'data-stage="joined"' in html
    assert 'action="/calls/call_1772919720_9f3k2m7q1x/hang-up/"' in html


def test_the_settings_lead_to_password_second_factor_and_sessions(page: Client) -> None:
    html = page.get("/settings/privacy/").content.decode()
    for name in ("account_email", "account_set_password", "mfa_index", "usersessions_list"):
        assert f'href="{reverse(name)}"' in html
        assert page.get(reverse(name), follow=True).status_code == 200
