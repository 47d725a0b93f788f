"""What all operators' balances come to is added up once, however many operators there are."""

from datetime import UTC, datetime

import pytest
from django.db import connection

from billing.payouts.balances import _BALANCES, balances_on, parameters
from core import clock
from tests.scenario import given_customer, given_operator, when_called, when_talked

pytestmark = pytest.mark.django_db


def test_the_balances_of_all_operators_read_what_is_recent_once_and_not_for_each_of_them() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {_BALANCES}", parameters(datetime(2026, 1, 1, tzinfo=UTC), None))
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "CTE recent" in plan
    assert "SubPlan" not in plan


def test_each_operator_has_their_own_balance_and_all_that_is_recent_is_held_back() -> None:
    operators = [given_operator(), given_operator(), given_operator()]
    for count, operator in enumerate(operators):
        for _ in range(count):
            when_talked(when_called(given_customer(), operator), 60_000)
    balances = balances_on(clock.now().date())
    figures = [
        (balances[operator.pk].balance_minor, balances[operator.pk].unripe_minor)
        for operator in operators[1:]
    ]
    assert operators[0].pk not in balances
    assert figures[0][0] > 0
    assert figures == [(total, total) for total in (figures[0][0], 2 * figures[0][0])]
