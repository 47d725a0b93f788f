"""What a call and a message ask of the database is on a list, too, and a plan that reads much is told from one that doesn't.

What pages ask is looked at where all of them are asked for: `tests/security/test_urls_by_role.py`.
"""

from collections.abc import Callable
from typing import Any

import pytest

from customers.models import Customer
from messaging.models import Message
from telephony.models import Call
from telephony.selectors import history_of, live_call_of
from tests.messaging.scenario import answer, text
from tests.scenario import given_customer, given_operator, tell, when_called
from tests.support.page_queries import Asked, assert_listed, badly_read, indexes_of, shortened

pytestmark = pytest.mark.django_db


def test_what_a_call_and_a_message_ask_is_listed_and_read_by_key() -> None:
    customer, operator = given_customer(balance="45.00", free_minutes=1), given_operator()
    asked = Asked()
    with asked.noted():
        call = when_called(customer, operator)
        for state, at in (
            ("ringing", 1),
            ("answered", 4),
            ("started", 10),
            ("progress", 200),
            ("ended", 300),
        ):
            tell(call, state, at=at)
        text(customer, operator)
        answer(operator, customer)
    assert len(asked.statements) > 40
    assert_listed("calls", asked)


@pytest.fixture
def rows() -> None:
    """PostgreSQL knows that an empty table is empty, however large it is told that it is."""
    customer, operator = given_customer(balance="45.00"), given_operator()
    when_called(customer, operator)
    text(customer, operator)


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize(
    ("ask", "problem"),
    [
        (lambda: list(Call.objects.filter(end_reason="failed")), "reads all of telephony_call"),
        (lambda: list(Call.objects.filter(charged_seconds__gt=5)[:25]), "reads all of telephony_call"),
        (
            lambda: list(Call.objects.filter(customer__gt=0).order_by("joined_at")[:25]),
            "sorts telephony_call",
        ),
        (lambda: list(Message.objects.order_by("created_at")[:25]), "reads all of messaging_message"),
        (lambda: list(history_of(given_customer(balance=0))[:25]), ""),
        (lambda: live_call_of(Customer(pk=1)), ""),
    ],
)
def test_a_plan_that_reads_much_is_seen(ask: Callable[[], Any], problem: str) -> None:
    asked = Asked()
    with asked.noted():
        ask()
    problems = [one.partition(":")[0] for one in badly_read(asked)]
    assert problem in problems if problem else problems == [], badly_read(asked)


def test_a_statement_is_known_without_its_columns_and_the_number_of_its_values() -> None:
    one = 'SELECT "a"."x", "a"."y", "a"."z" FROM "a" WHERE "a"."id" IN (%s, %s)'
    other = 'SELECT "a"."x", "a"."y", "a"."w",  "a"."z" FROM "a" WHERE "a"."id" IN (%s, %s, %s)'
    assert shortened(one) == shortened(other) == "SELECT … FROM a WHERE a.id IN (%s)"


@pytest.mark.usefixtures("rows")
def test_a_plan_for_all_customers_finds_the_live_call_by_the_index_of_live_calls() -> None:
    asked = Asked()
    with asked.noted():
        live_call_of(Customer(pk=1))
    [(sql, values)] = asked.statements.values()
    assert "one_live_call_per_customer" in indexes_of(sql, values)
