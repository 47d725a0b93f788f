"""Clicking Call, over HTTP: what can stand in the way, how each is said, and that nothing is left of it."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient
from rest_framework.throttling import ScopedRateThrottle

from billing.states import FundedBy
from brands.selectors import forget
from core import clock
from customers.api_tokens import issue_token
from customers.models import Customer
from customers.states import AccessBasis
from operators.models import Block, Operator
from operators.states import ApprovalStatus, BlockedBy, Presence
from telephony.models import Call
from telephony.states import CallStatus
from tests.factories import BrandFactory, CustomerPhoneFactory, StaffFactory
from tests.scenario import (
    BRAND_HOST,
    api,
    assert_everything_released,
    assert_has,
    assert_no_call_was_made,
    customer_client,
    given_customer,
    given_free_minutes,
    given_operator,
    logged_in,
    tell,
    the_call,
    wallet,
    when_called,
)
from tests.support.phone_system import PhoneSystem

pytestmark = pytest.mark.django_db(transaction=True)


def click(customer: Any, operator: Operator, **more: Any) -> Any:
    return api(customer).post("/api/calls/initiate/", {"operator_id": operator.pk, **more})


def assert_error(response: Any, status: int, code: str, **more: Any) -> None:
    """The one shape of every error: a sentence for people, a word for programs."""
    assert response.status_code == status
    body = response.json()
    assert_has(body, {"success": False, "code": code, **more})
    assert body["error"]


# -- money


def test_too_little_money_is_told_with_what_is_there_and_what_is_needed(phone_system: PhoneSystem) -> None:
    response = click(given_customer(balance="4.97"), given_operator())
    assert_error(response, 402, "insufficient_balance", balance=4.97, required=4.98, needs_funds=True)
    assert_no_call_was_made()


def test_the_exact_price_of_the_first_minute_is_enough(phone_system: PhoneSystem) -> None:
    customer = given_customer(balance="4.98")
    assert click(customer, given_operator()).status_code == 200
    assert wallet(customer) == (498, 498)


def test_free_minutes_without_money_for_the_fee_do_not_start_a_call(phone_system: PhoneSystem) -> None:
    customer = given_customer(balance="0.98")
    package = given_free_minutes(customer, 10)
    assert_error(click(customer, given_operator()), 402, "insufficient_balance", balance=0.98, required=0.99)
    package.refresh_from_db()
    assert (package.seconds_remaining, package.seconds_reserved) == (600, 0)
    assert_no_call_was_made()


def test_free_minutes_for_somebody_else_do_not_count(phone_system: PhoneSystem) -> None:
    customer = given_customer(balance="0.99")
    given_free_minutes(customer, 10, operator=given_operator(), funded_by=FundedBy.OPERATOR)
    assert_error(click(customer, given_operator()), 402, "insufficient_balance", required=4.98)


def test_a_daily_limit_that_is_reached_says_when_to_come_back(phone_system: PhoneSystem) -> None:
    response = click(given_customer(daily_limit_minor=497), given_operator())
    assert_error(response, 429, "limit_reached")
    assert 0 < int(response["Retry-After"]) <= 86_400
    assert_no_call_was_made()


# -- people


def test_a_customer_who_closed_or_paused_their_account_cannot_call(phone_system: PhoneSystem) -> None:
    operator, at = given_operator(), clock.now()
    closed = given_customer()
    closed.closed_at = at
    closed.save(update_fields=["closed_at"])
    assert_error(click(closed, operator), 403, "account_closed")
    paused = given_customer(paused_until=at + timedelta(days=1))
    assert_error(click(paused, operator), 403, "taking_a_break")
    assert_no_call_was_made()
    rested = given_customer(paused_until=at - timedelta(seconds=1))
    assert click(rested, operator).status_code == 200


@pytest.mark.parametrize("blocked_by", BlockedBy.values)
def test_a_block_by_either_side_is_a_block(phone_system: PhoneSystem, blocked_by: str) -> None:
    customer, operator = given_customer(), given_operator()
    Block.objects.create(customer=customer, operator=operator, blocked_by=blocked_by)
    assert_error(click(customer, operator), 403, "blocked")
    assert_no_call_was_made()


def test_strangers_staff_and_operators_do_not_call(phone_system: PhoneSystem) -> None:
    operator = given_operator()
    stranger = api(given_customer())
    stranger.logout()
    response = stranger.post("/api/calls/initiate/", {"operator_id": operator.pk})
    assert_error(response, 401, "not_authenticated")
    for user in (StaffFactory(), operator.user):
        client = logged_in(user, BRAND_HOST)
        response = client.post(
            "/api/calls/initiate/", {"operator_id": operator.pk}, content_type="application/json"
        )
        assert_error(response, 403, "not_allowed")
    assert_no_call_was_made()


def test_a_session_needs_the_forms_token_and_an_api_token_does_not(phone_system: PhoneSystem) -> None:
    customer, operator = given_customer(), given_operator()
    browser = APIClient(enforce_csrf_checks=True, HTTP_HOST=BRAND_HOST)
    browser.force_login(customer.user)
    assert_error(browser.post("/api/calls/initiate/", {"operator_id": operator.pk}), 403, "not_allowed")
    assert_no_call_was_made()
    program = APIClient(enforce_csrf_checks=True, HTTP_HOST=BRAND_HOST)
    program.credentials(HTTP_AUTHORIZATION=f"Token {issue_token(customer.user)}")
    assert program.post("/api/calls/initiate/", {"operator_id": operator.pk}).status_code == 200


# -- phones


def test_only_a_verified_phone_of_ones_own_is_rung(phone_system: PhoneSystem) -> None:
    customer, operator = given_customer(phone=False), given_operator()
    assert_error(click(customer, operator), 403, "phone_not_verified")
    unverified = CustomerPhoneFactory(customer=customer, verified_at=None)
    assert_error(click(customer, operator), 403, "phone_not_verified")
    assert_error(click(customer, operator, customer_phone=unverified.number), 403, "phone_not_verified")
    somebodys = given_customer().phones.get().number
    assert_error(click(customer, operator, customer_phone=somebodys), 403, "phone_not_verified")
    assert_error(click(customer, operator, customer_phone="911"), 403, "phone_not_verified")
    assert_no_call_was_made()


def test_a_phone_is_known_however_it_is_typed(phone_system: PhoneSystem) -> None:
    customer, operator = given_customer(phone=False), given_operator()
    CustomerPhoneFactory(customer=customer, number="+12125550142")
    response = click(customer, operator, customer_phone="(212) 555-0142")
    assert response.status_code == 200
    [plan] = phone_system.plans.values()
    assert plan.customer.number == "+12125550142"


def test_the_phone_asked_for_is_rung_and_else_the_primary_one(phone_system: PhoneSystem) -> None:
    customer, operator = given_customer(), given_operator()
    second = CustomerPhoneFactory(customer=customer, is_primary=False)
    first = customer.phones.get(is_primary=True)
    click(customer, operator)
    tell(Call.objects.get(), "no_answer", at=5)
    click(customer, operator, customer_phone=second.number)
    assert [plan.customer.number for plan in phone_system.plans.values()] == [first.number, second.number]


@pytest.mark.parametrize("number", ["+19005550142", "+442071234567", "+12425550142", "+12125551212"])
def test_a_number_that_costs_extra_is_not_rung(phone_system: PhoneSystem, number: str) -> None:
    customer = given_customer(phone=False)
    CustomerPhoneFactory(customer=customer, number=number)
    assert_error(click(customer, given_operator()), 403, "number_not_allowed")
    assert_no_call_was_made()
    assert phone_system.requests == []


def test_a_number_that_only_the_phone_system_refuses_ends_the_call_at_once(phone_system: PhoneSystem) -> None:
    phone_system.refuse(422, "number_not_allowed")
    customer, operator = given_customer(), given_operator()
    assert_error(click(customer, operator), 403, "number_not_allowed")
    assert_everything_released(Call.objects.get())


# -- operators


def test_an_unknown_operator_and_one_of_another_brand_are_the_same_nothing(phone_system: PhoneSystem) -> None:
    customer = given_customer()
    elsewhere = given_operator(brands=[BrandFactory(slug="nycflirts")])
    pending = given_operator(approval_status=ApprovalStatus.PENDING)
    for operator_id in (elsewhere.pk, pending.pk, 10**9, 2**63 - 1):
        response = api(customer).post("/api/calls/initiate/", {"operator_id": operator_id})
        assert_error(response, 404, "not_found", error="Operator not found.")
    assert_no_call_was_made()


@pytest.mark.parametrize(
    "fields",
    [{"presence": Presence.OFFLINE}, {"presence": Presence.AWAY}, {"takes_calls": False}, {"phone": ""}],
    ids=["offline", "away", "takes no calls", "without a phone"],
)
def test_an_operator_who_takes_no_calls_now_is_offline(
    phone_system: PhoneSystem, fields: dict[str, Any]
) -> None:
    assert_error(click(given_customer(), given_operator(**fields)), 409, "operator_offline")
    assert_no_call_was_made()


def test_an_operator_in_a_call_is_busy(phone_system: PhoneSystem) -> None:
    operator = given_operator()
    when_called(given_customer(), operator)
    customer = given_customer()
    assert_error(click(customer, operator), 409, "operator_busy")
    assert wallet(customer) == (4500, 0)


def test_who_is_in_a_call_is_told_which(phone_system: PhoneSystem) -> None:
    customer = given_customer()
    call = when_called(customer, given_operator())
    assert_error(click(customer, given_operator()), 409, "already_in_call", call_id=call.call_id)
    assert wallet(customer) == (4500, 99 + 3 * 399)
    assert Call.objects.count() == 1


# -- shape


@pytest.mark.parametrize(
    "body",
    [{}, {"operator_id": None}, {"operator_id": "x"}, {"operator_id": 0}, {"operator_id": -1}, {"operator_id": 2**63},
     {"operator_id": 1.5}, {"operator_id": True, "customer_phone": []}, [], [1], "text", None],
)  # fmt: skip
def test_a_request_that_makes_no_sense_is_invalid(phone_system: PhoneSystem, body: Any) -> None:
    response = api(given_customer()).post("/api/calls/initiate/", body, format="json")
    assert_error(response, 400, "invalid")
    assert_no_call_was_made()


def test_a_body_that_is_no_json_is_invalid(phone_system: PhoneSystem) -> None:
    client = api(given_customer())
    torn = client.generic("POST", "/api/calls/initiate/", b"{", content_type="application/json")
    assert_error(torn, 400, "invalid")
    xml = client.generic("POST", "/api/calls/initiate/", b"<a/>", content_type="application/xml")
    assert_error(xml, 415, "unsupported_media_type")
    assert_error(client.get("/api/calls/initiate/"), 405, "method_not_allowed")
    assert_error(client.get("/api/nothing/"), 404, "not_found")


# -- too often


def attempt(customer: Any, *, minutes_ago: float) -> Call:
    """A call that rang and was not joined."""
    then = clock.now() - timedelta(minutes=minutes_ago)
    with clock.using(lambda: then):
        call = when_called(customer, given_operator())
        tell(call, "ringing", at=1, leg="customer")
        tell(call, "no_answer", at=20, why="customer_no_answer", ended_by="customer")
    return call


def test_after_three_attempts_in_ten_minutes_a_customer_waits_until_the_first_is_old(
    phone_system: PhoneSystem,
) -> None:
    customer, operator = given_customer(), given_operator()
    for _ in range(3):
        attempt(given_customer(), minutes_ago=1)  # of others: they don't count
    attempt(customer, minutes_ago=9)
    attempt(customer, minutes_ago=5)
    assert click(customer, operator).status_code == 200
    third = Call.objects.latest("id")
    tell(third, "ringing", at=1, leg="customer")
    tell(third, "no_answer", at=2, why="customer_wrong_key")

    response = click(customer, given_operator())
    assert_error(response, 429, "limit_reached")
    assert 55 <= int(response["Retry-After"]) <= 61
    body = response.json()
    assert re.fullmatch(
        r"Your last few calls didn’t connect\. Try again (tomorrow )?at \d+:\d\d [AP]M\.", body["error"]
    )
    assert datetime.fromisoformat(body["retry_at"]) > clock.now()
    assert wallet(customer) == (4500, 0)
    later = clock.now() + timedelta(seconds=int(response["Retry-After"]))
    with clock.using(lambda: later):
        assert click(customer, given_operator()).status_code == 200


def test_attempts_that_were_joined_or_rang_nobody_do_not_count(phone_system: PhoneSystem) -> None:
    customer = given_customer(balance="200.00")
    for number in range(4):
        call = when_called(customer, given_operator())
        if number % 2:
            tell(call, "ringing", at=1, leg="customer")
            tell(call, "started", at=10)
            tell(call, "ended", at=20)
        else:
            tell(call, "failed", at=1, why="customer_unreachable")
    assert click(customer, given_operator()).status_code == 200


@pytest.mark.parametrize(
    ("state", "why", "counts"),
    [
        ("no_answer", "customer_no_answer", True),
        ("no_answer", "customer_no_key", False),
        ("no_answer", "customer_wrong_key", True),
        ("busy", "customer_declined", True),
        ("ended", "customer_cancelled", True),
        ("no_answer", "operator_no_answer", False),
        ("busy", "operator_declined", False),
        ("failed", "operator_unreachable", False),
        ("failed", "customer_unreachable", False),
        ("failed", "carrier_fault", False),
        ("failed", "adapter_restarted", False),
        ("ended", "staff_ended", False),
    ],
)
def test_only_what_the_customer_caused_counts(
    phone_system: PhoneSystem, state: str, why: str, counts: bool
) -> None:
    customer = given_customer()
    for _ in range(3):
        call = when_called(customer, given_operator())
        tell(call, "ringing", at=1, leg="customer")
        tell(call, state, at=20, why=why)
    assert click(customer, given_operator()).status_code == (429 if counts else 200)


@pytest.mark.parametrize(("limit", "status"), [(0, 200), (1, 429), (4, 200)])
def test_how_many_attempts_are_allowed_is_a_setting(
    phone_system: PhoneSystem, settings: Any, limit: int, status: int
) -> None:
    settings.MAX_UNJOINED_ATTEMPTS = limit
    customer = given_customer()
    for _ in range(3):
        settings.MAX_UNJOINED_ATTEMPTS = 0
        attempt(customer, minutes_ago=1)
    settings.MAX_UNJOINED_ATTEMPTS = limit
    assert click(customer, given_operator()).status_code == status


def test_too_many_requests_are_throttled_with_the_time_to_wait(
    phone_system: PhoneSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ScopedRateThrottle, "THROTTLE_RATES", {"calls": "2/min", "reads": None})
    customer, operator = given_customer(balance="0"), given_operator()
    assert [click(customer, operator).status_code for _ in range(2)] == [402, 402]
    response = click(customer, operator)
    assert_error(response, 429, "limit_reached")
    assert 0 < int(response["Retry-After"]) <= 61  # a minute, rounded up


# -- the phone system


def test_the_plan_says_all_a_call_needs(phone_system: PhoneSystem) -> None:
    customer, operator = given_customer(balance="45.00", free_minutes=1), given_operator()
    before = clock.now().timestamp()
    answer = click(customer, operator).json()
    plan = phone_system.plans[answer["call_id"]]
    assert plan.customer.number == customer.phones.get().number
    assert plan.operator.number == operator.phone
    assert (plan.customer.caller_id, plan.operator.caller_id) == ("+12125550110", "+12125550120")
    assert (plan.customer.confirm, plan.operator.confirm) == (True, True)
    assert (plan.granted_seconds, plan.final) == (180, False)
    assert before + 9 <= plan.not_after <= before + 15
    assert {"ask", "failed", "warning_60", "warning_15", "operator_no_answer"} <= set(plan.customer.prompts)
    assert "common/free-minutes-paid" in plan.operator.prompts["offer"]
    assert the_call(Call.objects.get()).node == "test-node"


def test_a_brand_may_leave_out_the_customers_key(phone_system: PhoneSystem) -> None:
    brand = BrandFactory()
    brand.customer_confirms = False
    brand.save()
    answer = click(given_customer(), given_operator()).json()
    assert phone_system.plans[answer["call_id"]].customer.confirm is False


def test_a_brand_may_ask_how_the_customer_is_known_to_be_an_adult(phone_system: PhoneSystem) -> None:
    """Off by default: nobody is asked on an installed system until staff turn it on."""
    customer, operator = given_customer(), given_operator()
    Customer.objects.update(adult_access_basis=AccessBasis.NONE)
    customer.refresh_from_db()
    brand = BrandFactory()
    assert brand.asks_access_basis is False
    brand.asks_access_basis = True
    brand.save()
    assert_error(click(customer, operator), 403, "age_not_confirmed")
    assert not Call.objects.exists()
    forget()
    page = customer_client(customer).get(f"/operators/{operator.slug}/").content.decode()
    assert "confirm that you" in page
    Customer.objects.update(adult_access_basis=AccessBasis.CARD)
    customer.refresh_from_db()
    assert click(customer, operator).status_code == 200


def test_a_refused_connection_releases_everything_at_once(no_phone_system: None) -> None:
    customer, operator = given_customer(free_minutes=5), given_operator()
    response = click(customer, operator)
    assert_error(response, 503, "phone_system_unavailable")
    assert "weren’t charged" in response.json()["error"]
    call = Call.objects.get()
    assert (call.status, call.end_reason) == (CallStatus.FAILED, "phone_system_unavailable")
    assert_everything_released(call)


@pytest.mark.parametrize(
    ("status", "error"),
    [(503, "recovering"), (503, "no_switch"), (503, "replaced"), (503, "full"), (503, "too_fast"), (409, "over"), (401, "unauthorized")],
)  # fmt: skip
def test_a_phone_system_that_refuses_releases_everything_at_once(
    phone_system: PhoneSystem, status: int, error: str
) -> None:
    phone_system.refuse(status, error)
    assert_error(click(given_customer(), given_operator()), 503, "phone_system_unavailable")
    assert_everything_released(Call.objects.get())


def test_a_click_that_reached_the_phone_system_too_late_is_told_so(phone_system: PhoneSystem) -> None:
    phone_system.refuse(409, "expired")
    assert_error(click(given_customer(), given_operator()), 503, "phone_system_unavailable")
    call = Call.objects.get()
    assert call.end_reason == "expired"
    assert_everything_released(call)


def test_no_answer_in_time_leaves_the_call_and_its_hold_for_the_phone_system_may_have_heard(
    slow_phone_system: PhoneSystem,
) -> None:
    customer, operator = given_customer(), given_operator()
    response = click(customer, operator)
    assert response.status_code == 200
    call = Call.objects.get()
    assert (call.status, response.json()["call_id"]) == ("initiated", call.call_id)
    assert wallet(customer) == (4500, 99 + 3 * 399)
    assert Operator.objects.get(pk=operator.pk).in_call
    slow_phone_system.seconds_to_answer = 0
    tell(call, "started", at=10)
    tell(call, "ended", at=20)
    assert wallet(customer) == (4500 - 498, 0)


@pytest.mark.parametrize("status", [500, 502, 504])
def test_a_phone_system_that_breaks_half_way_may_have_heard(phone_system: PhoneSystem, status: int) -> None:
    phone_system.refuse(status, "internal")
    assert click(given_customer(), given_operator()).status_code == 200
    assert Call.objects.get().status == "initiated"


def test_a_proxy_of_the_environment_does_not_come_between(
    phone_system: PhoneSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert click(given_customer(), given_operator()).status_code == 200
    assert len(phone_system.plans) == 1
