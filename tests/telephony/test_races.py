"""Many at once, on real threads and PostgreSQL: one call, one effect, exact money. Throttles are off."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.throttling import ScopedRateThrottle

from core.errors import InsufficientCredit
from operators.models import Operator
from telephony.models import Call
from telephony.services.handle_event import handle_event
from tests.factories import CustomerPhoneFactory
from tests.scenario import (
    api,
    assert_books_are_whole,
    assert_everything_released,
    event_of,
    given_customer,
    given_debit,
    given_operator,
    ledger_of,
    tell,
    wallet,
    when_called,
)
from tests.support.phone_system import PhoneSystem
from tests.support.threads import in_parallel

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

AT_ONCE = 20  # connections; the rest queue behind them


@pytest.fixture(autouse=True)
def _no_throttles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        ScopedRateThrottle, "THROTTLE_RATES", {"calls": None, "reads": None, "messages": None}
    )


def race(jobs: list[Callable[[], Any]]) -> list[Any]:
    """Results of jobs that run `AT_ONCE` at a time."""
    return in_parallel(*jobs, at_once=AT_ONCE)


def clicks(client: Any, operator: Operator, **headers: str) -> Callable[[], Any]:
    return lambda: client.post("/api/calls/initiate/", {"operator_id": operator.pk}, headers=headers)


@pytest.mark.parametrize("count", [30, pytest.param(200, marks=pytest.mark.long)])
def test_many_clicks_of_one_customer_at_once_are_one_call_and_else_conflicts(
    phone_system: PhoneSystem, count: int
) -> None:
    customer, operators = given_customer(balance="45.00"), [given_operator() for _ in range(4)]
    jobs = [clicks(api(customer), operators[number % 4]) for number in range(count)]
    answers = race(jobs)
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: count - 1}
    assert {a.json()["code"] for a in answers if a.status_code == 409} <= {"already_in_call", "operator_busy"}
    assert len(phone_system.plans) == 1
    assert Call.objects.count() == 1
    assert wallet(customer) == (4500, 99 + 3 * 399)
    assert Operator.objects.filter(in_call=True).count() == 1
    assert_books_are_whole()


def test_50_customers_on_one_operator_at_once_are_one_call(phone_system: PhoneSystem) -> None:
    operator = given_operator()
    customers = [given_customer(balance="45.00") for _ in range(50)]
    answers = race([clicks(api(customer), operator) for customer in customers])
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 49}
    assert {a.json()["code"] for a in answers if a.status_code == 409} == {"operator_busy"}
    assert sum(wallet(customer)[1] for customer in customers) == 99 + 3 * 399
    assert_books_are_whole()


def test_a_click_against_50_debits_on_funds_for_one_is_exact(phone_system: PhoneSystem) -> None:
    for _ in range(3):
        customer, operator = given_customer(balance="4.98"), given_operator()
        spent = []

        def debit(customer: Any = customer, spent: list[int] = spent) -> None:
            try:
                given_debit(customer, "4.98")
            except InsufficientCredit:
                return
            spent.append(498)

        client = api(customer)
        jobs: list[Callable[[], Any]] = [debit] * 50
        jobs.insert(25, clicks(client, operator))
        status = next(a.status_code for a in race(jobs) if a is not None)
        balance, held = wallet(customer)
        assert (status, len(spent), balance, held) in [(200, 0, 498, 498), (402, 1, 0, 0)]
        assert_books_are_whole()


def test_ten_threads_with_one_key_are_one_call_and_one_answer(phone_system: PhoneSystem) -> None:
    customer, operator = given_customer(balance="45.00"), given_operator()
    key = {"Idempotency-Key": "click-7"}
    answers = race([clicks(api(customer), operator, **key) for _ in range(10)])
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert Call.objects.count() == len(phone_system.plans) == 1
    other = api(customer).post(
        "/api/calls/initiate/", {"operator_id": operator.pk, "customer_phone": None}, headers=key
    )
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")


def test_one_event_delivered_by_ten_threads_at_once_moves_money_once(phone_system: PhoneSystem) -> None:
    customer = given_customer(balance="45.00")
    call = when_called(customer, given_operator())
    tell(call, "started", at=10)
    event = event_of(call, "ended", at=137)
    answers = race([lambda: handle_event(event)] * 10)
    assert all(answer == answers[0] for answer in answers)
    assert wallet(customer) == (4500 - 1296, 0)
    assert_everything_released(call)


def test_different_endings_at_once_settle_once(phone_system: PhoneSystem) -> None:
    for _ in range(3):
        customer = given_customer(balance="45.00")
        call = when_called(customer, given_operator())
        tell(call, "started", at=10)
        events = [event_of(call, "ended", at=10 + 30 * n, joined_ms=str(30_000 * n)) for n in range(1, 11)]
        answers = race([lambda event=event: handle_event(event) for event in events])  # type: ignore[misc]
        charged = 4500 - wallet(customer)[0]
        assert {answer["charged"] for answer in answers} == {charged / 100}, (
            "who comes late hears the truth, too"
        )
        assert charged == sum(amount for amount, _, _ in ledger_of(call).values())
        assert charged in {99 + 399 * minutes for minutes in range(1, 4)}
        assert_everything_released(call)


def test_questions_credits_and_the_end_at_once_leave_nothing_behind(phone_system: PhoneSystem) -> None:
    customer = given_customer(balance="20.00")
    CustomerPhoneFactory(customer=customer, is_primary=False)
    call = when_called(customer, given_operator())
    tell(call, "started", at=10)
    questions = [event_of(call, "progress", at=10 + n, elapsed_ms=str(n * 1000)) for n in range(1, 60, 4)]
    jobs: list[Callable[[], Any]] = [lambda event=event: handle_event(event) for event in questions]  # type: ignore[misc]
    jobs += [lambda: given_debit(customer, "0.10")] * 5
    jobs.insert(10, lambda: handle_event(event_of(call, "ended", at=70, joined_ms="60000")))
    race(jobs)
    assert wallet(customer) == (2000 - 498 - 50, 0)
    assert_everything_released(call)
