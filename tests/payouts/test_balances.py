"""What all operators' balances come to is read from kept sums and by key, however much is recent."""

from datetime import UTC, datetime

import pytest
from django.db import connection

from billing.payouts.balances import _BALANCES, balances_on, parameters
from core import clock
from tests.scenario import given_customer, given_operator, when_called, when_talked

pytestmark = pytest.mark.django_db


def test_what_is_recent_is_added_up_from_kept_sums_and_what_was_taken_is_found_by_its_index() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {_BALANCES}", parameters(datetime(2026, 1, 1, tzinfo=UTC), 1))
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "ledger_accountquarterhour" in plan
    assert "transaction_not_earned" in plan
    assert "transaction_age" not in plan


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
