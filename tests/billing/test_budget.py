"""One answer to "how much may this customer spend now": quote, API, live page, grant, and texts agree with it."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from rest_framework.test import APIClient

from billing import selectors
from billing.budget import read_budget
from billing.push import wallet_message
from core import clock
from core.errors import LimitReached
from customers.models import Customer
from messaging.services.send import send
from operators.models import Operator
from telephony.models import Call
from telephony.selectors import live_call_of
from telephony.snapshots import customer_snapshot
from tests.factories import BrandFactory
from tests.scenario import (
    BRAND_HOST,
    customer_client,
    given_customer,
    given_free_minutes,
    given_limit,
    given_operator,
    its_time,
    set_daily_limit,
    tell,
    the_call,
    wallet,
    when_called,
)
from tests.support.phone_system import PhoneSystem

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def customer() -> Customer:
    return given_customer(balance="100.00", daily_limit_minor=1500)


@pytest.fixture
def running(customer: Customer) -> Call:
    """A call that holds 7.00: three minutes at 2.00 and a fee of 1.00."""
    call = when_called(customer, given_operator(rate="2.00", fee="1.00", slug="two"))
    tell(call, "started", at=0)
    assert wallet(customer)[1] == 700
    return call


@pytest.fixture
def other() -> Operator:
    return given_operator(
        rate="2.00", fee="1.00", slug="other", stage_name="Other", rate_per_message_minor=801
    )


def balance_check(customer: Customer, operator: Operator) -> dict[str, object]:
    client = APIClient(headers={"host": BRAND_HOST})
    client.force_authenticate(customer.user)
    answer: dict[str, object] = client.get("/api/balance/check/", {"operator_id": operator.pk}).json()
    return answer


def seconds_lasting(customer: Customer) -> int:
    call = live_call_of(customer)
    assert call is not None
    minutes: int = customer_snapshot(call)["lasts_minutes"]
    return minutes * 60


def test_a_quote_promises_no_more_than_the_grants_will_give(customer: Customer) -> None:
    operator = given_operator(rate="3.99", fee="0.99")
    assert selectors.quote(customer, operator, BrandFactory()).total_minutes == 3
    assert balance_check(customer, operator)["estimated_duration"] == {
        "with_free_minutes": 0, "with_paid_balance": 3, "total_minutes": 3,
    }  # fmt: skip
    call = when_called(customer, operator)
    tell(call, "started", at=0)
    assert tell(call, "progress", at=90, elapsed_ms="90000")["granted_seconds"] == 180
    assert seconds_lasting(customer) == 180


def test_all_figures_agree_while_a_call_holds_money(
    customer: Customer, running: Call, other: Operator
) -> None:
    assert read_budget(customer.pk).spendable_minor == 800
    assert wallet_message(customer.pk)["balance_minor"] == 9300
    assert wallet_message(customer.pk)["spendable_minor"] == 800
    assert (
        selectors.quote(customer, other, BrandFactory()).total_minutes == 3
    )  # 8.00: the fee and three minutes
    duration = balance_check(customer, other)["estimated_duration"]
    assert duration == {"with_free_minutes": 0, "with_paid_balance": 3, "total_minutes": 3}
    assert seconds_lasting(customer) == 420  # 15.00: the call's own hold is its to use
    answer = tell(running, "progress", at=300, elapsed_ms="300000")
    assert (answer["granted_seconds"], answer["final"]) == (420, True)


def test_texts_during_a_call_do_not_pass_the_limit(
    customer: Customer, running: Call, other: Operator
) -> None:
    with pytest.raises(LimitReached):
        send(customer=customer, operator_id=other.pk, text="Hello")
    page = customer_client(customer).get(f"/messages/{other.slug}/").content.decode()
    assert "Your daily limit doesn’t leave enough for a message." in page
    note = page.split('data-region="composer-funds.')[1].split("<form")[0]
    assert ("/account/limits/" in note, "Add funds" in note) == (True, False)
    Operator.objects.filter(pk=other.pk).update(rate_per_message_minor=800)
    send(customer=customer, operator_id=other.pk, text="Hello")
    assert seconds_lasting(customer) == 180, "what the text took is no longer the call's"
    assert tell(running, "progress", at=100, elapsed_ms="100000")["final"] is True


def test_a_lower_limit_makes_the_grant_final_at_once_and_tells_page_and_adapter(
    customer: Customer, running: Call, phone_system: PhoneSystem
) -> None:
    phone_system.says(running.call_id, state="joined", granted_seconds=180, final=False)
    before = the_call(running).sequence
    with its_time(running, 30):
        set_daily_limit(customer=customer, limit_minor=900)
    assert seconds_lasting(customer) == 240
    assert the_call(running).sequence > before, "open pages take the new snapshot"
    assert phone_system.asked_for("/extend") == [], "the grant of three minutes is within the new limit"
    with its_time(running, 40):
        set_daily_limit(customer=customer, limit_minor=500)
    [request] = phone_system.asked_for("/extend")
    assert request.body == {"granted_seconds": 180, "final": True}
    assert tell(running, "progress", at=100, elapsed_ms="100000")["granted_seconds"] == 180


def test_a_higher_limit_waits_a_day_and_changes_no_figure_before(customer: Customer) -> None:
    operator = given_operator()
    before = selectors.quote(customer, operator, BrandFactory())
    set_daily_limit(customer=customer, limit_minor=9000)
    customer.refresh_from_db()
    assert selectors.quote(customer, operator, BrandFactory()) == before
    tomorrow = clock.now() + timedelta(hours=24)
    with clock.using(lambda: tomorrow):
        assert selectors.quote(customer, operator, BrandFactory()).total_minutes > before.total_minutes


def test_a_call_that_the_limit_shortens_says_so_before_it_starts(customer: Customer) -> None:
    given_operator(slug="sarah", rate="3.99", fee="0.99")
    page = customer_client(customer).get("/operators/sarah/").content.decode()
    assert "about 3 minutes (your daily limit)" in page
    given_limit(customer, None)
    page = customer_client(customer).get("/operators/sarah/").content.decode()
    assert "about 24 minutes" in page
    assert "(your daily limit)" not in page


def test_the_limits_page_counts_what_a_running_call_holds(customer: Customer, running: Call) -> None:
    assert "$8.00 left today" in customer_client(customer).get("/account/limits/").content.decode()


def test_only_the_budget_asks_what_the_daily_limit_leaves() -> None:
    """Anyone else would forget the holds."""
    uses = {
        str(path.relative_to(settings.BASE_DIR))
        for app in settings.BASE_DIR.iterdir()
        if (app / "__init__.py").exists() and app.name not in ("tests", "tools")
        for path in app.rglob("*.py")
        if "limits_left(" in path.read_text()
    }
    assert uses == {"billing/spending_limit.py", "billing/budget.py"}


def test_where_the_limit_is_in_the_way_the_page_says_so_and_offers_no_funds(customer: Customer) -> None:
    operator = given_operator()
    set_daily_limit(customer=customer, limit_minor=300)
    client: Client = customer_client(customer)
    page = client.get(f"/operators/{operator.slug}/").content.decode()
    assert "Your daily limit leaves $3.00 today" in page
    given_free_minutes(customer, 5)
    assert selectors.quote(customer, operator, BrandFactory()).may_start, (
        "free minutes and the fee fit into the limit"
    )
