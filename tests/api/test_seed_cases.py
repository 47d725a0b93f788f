"""The three cases of the seed's testing plan, and its field names to the letter."""

import pytest

from telephony.models import Call
from tests.scenario import (
    api,
    assert_everything_released,
    assert_has,
    assert_no_call_was_made,
    given_customer,
    given_free_minutes,
    given_operator,
    its_time,
    ledger_of,
    tell,
    the_authorization,
    wallet,
    when_called,
    when_talked,
)
from tests.support.phone_system import PhoneSystem

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_call_with_enough_balance_is_initiated_and_charged(phone_system: PhoneSystem) -> None:
    customer, operator = given_customer(balance="45.00"), given_operator()
    response = api(customer).post(
        "/api/calls/initiate/",
        {"operator_id": operator.pk, "customer_phone": customer.phones.get().number},
    )
    assert response.status_code == 200
    answer = response.json()
    assert answer["success"] is True
    assert answer["call_id"].startswith("call_")
    assert answer["operator"] == operator.stage_name
    assert answer["rate_per_minute"] == 3.99
    assert answer["connect_fee"] == 0.99
    assert answer["free_minutes_used"] == 0
    assert answer["free_minutes"] == 0
    assert answer["estimated_duration_minutes"] == 11

    call = Call.objects.get()
    when_talked(call, 127_000)
    assert wallet(customer) == (4500 - 99 - 1197, 0)
    assert ledger_of(call) == {"connect_fee": (99, 79, 20), "call": (1197, 958, 239)}
    assert_everything_released(call)


def test_a_call_on_free_minutes_charges_only_the_connect_fee_and_consumes_them_in_order(
    phone_system: PhoneSystem,
) -> None:
    customer, operator = given_customer(balance="45.00"), given_operator()
    for_any = given_free_minutes(customer, 10)
    for_this_one = given_free_minutes(customer, 2, operator=operator)
    younger = given_free_minutes(customer, 5)

    api(customer).post("/api/calls/initiate/", {"operator_id": operator.pk})
    call = Call.objects.get()
    when_talked(call, 4 * 60_000)

    assert wallet(customer) == (4500 - 99, 0)
    used = []
    for package in (for_this_one, for_any, younger):
        package.refresh_from_db()
        used.append(package.seconds_used)
    assert used == [120, 120, 0]
    assert ledger_of(call)["connect_fee"] == (99, 79, 20)
    assert "call" not in ledger_of(call)
    assert_everything_released(call)


def test_a_call_with_an_empty_wallet_is_refused_for_want_of_money(phone_system: PhoneSystem) -> None:
    customer, operator = given_customer(balance="0"), given_operator()
    response = api(customer).post("/api/calls/initiate/", {"operator_id": operator.pk})
    assert response.status_code == 402
    assert response.json() == {
        "success": False,
        "error": "Your balance is too low for this call.",
        "code": "insufficient_balance",
        "balance": 0.0,
        "required": 4.98,
        "needs_funds": True,
    }
    assert phone_system.requests == []
    assert_no_call_was_made()


def test_the_seeds_minimal_events_give_its_breakdown_by_the_rule(phone_system: PhoneSystem) -> None:
    customer, operator = given_customer(balance="45.00"), given_operator()
    call = when_called(customer, operator)
    started = tell(call, "started", at=10)
    assert started.json["ok"] is True
    assert started["tracking"] == call.call_id
    ended = tell(call, "ended", at=137)
    assert_has(
        ended.json,
        {
            "ok": True,
            "duration_seconds": 127,
            "total_minutes": 3,
            "free_minutes_used": 0,
            "paid_minutes": 3,
            "total_amount": 11.97,
            "operator_amount": 9.58,
            "platform_amount": 2.39,
            "connect_fee": 0.99,
            "charged": 12.96,
        },
    )


def test_status_of_a_running_call_has_the_seeds_fields_and_the_whole_cost_so_far() -> None:
    customer, operator = given_customer(balance="45.00"), given_operator()
    call = when_called(customer, operator)
    tell(call, "started", at=10)
    with its_time(call, 10 + 127):
        answer = api(customer).get("/api/calls/status/", {"call_id": call.call_id}).json()
    assert_has(
        answer,
        {
            "success": True,
            "call_id": call.call_id,
            "status": "answered",
            "duration_seconds": 127,
            "operator_id": operator.pk,
            "rate_per_minute": 3.99,
            "connect_fee": 0.99,
            "estimated_charges": 12.96,
        },
    )


def test_the_balance_of_45_with_10_free_minutes_is_21_minutes_as_in_the_seed() -> None:
    customer, operator = given_customer(balance="45.00", free_minutes=10), given_operator()
    answer = api(customer).get("/api/balance/check/", {"operator_id": operator.pk}).json()
    assert_has(
        answer,
        {
            "success": True,
            "balance": 45.00,
            "free_minutes": 10,
            "operator_rate": 3.99,
            "connect_fee": 0.99,
            "estimated_duration": {"with_free_minutes": 10, "with_paid_balance": 11, "total_minutes": 21},
        },
    )


def test_the_predecessors_paths_still_work(phone_system: PhoneSystem) -> None:
    customer, operator = given_customer(), given_operator()
    client = api(customer)
    balance = client.get("/api/balance/check.php", {"operator_id": operator.pk})
    started = client.post("/api/calls/initiate.php", {"operator_id": operator.pk})
    status = client.get("/api/calls/status.php", {"call_id": started.json()["call_id"]})
    hung_up = client.post("/api/calls/hangup.php", {"call_id": started.json()["call_id"]})
    assert [r.status_code for r in (balance, started, status, hung_up)] == [200, 200, 200, 200]
    assert status.json()["status"] == "initiated"


def test_amounts_are_json_numbers_with_the_exact_cents(phone_system: PhoneSystem) -> None:
    customer, operator = given_customer(balance="45.10"), given_operator(rate="4.35", fee="1.10")
    client = api(customer)
    balance = client.get("/api/balance/check/", {"operator_id": operator.pk}).content.decode()
    started = client.post("/api/calls/initiate/", {"operator_id": operator.pk}).content.decode()
    assert '"balance":45.1' in balance
    assert '"operator_rate":4.35' in balance
    assert '"connect_fee":1.1' in started
    assert '"rate_per_minute":4.35' in started
    assert the_authorization(Call.objects.get()).connect_fee_minor == 110
