"""What a push reads of a call is what its rows say, with one statement for both sides."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.budget import read_budget
from customers.models import Customer
from storefront.call_panels import panel_of_call
from telephony.models import Call
from telephony.push_reads import (
    call_budget_for_push,
    call_for_push,
    live_call_for_push_to_customer,
    live_call_for_push_to_operator,
)
from telephony.snapshots import customer_snapshot, operator_snapshot
from tests.scenario import (
    given_customer,
    given_limit,
    given_operator,
    tell,
    the_call,
    when_called,
    when_talked,
)

pytestmark = pytest.mark.django_db
MOMENT = (
    "server_time_ms",
    "duration_seconds",
    "estimated_minor",
    "earned_minor",
    "cost_steps",
    "earned_steps",
)


def without_the_moment(snapshot: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in snapshot.items() if name not in MOMENT}


def assert_same_as_the_rows(call: Call) -> None:
    """The snapshots of both sides are those of the rows as the ORM reads them."""
    rows = Call.objects.with_people().get(pk=call.pk)
    theirs, ours = customer_snapshot(rows), operator_snapshot(rows)
    call_for_push(call.call_id)  # from now on this connection has its plan
    with CaptureQueriesContext(connection) as queries:
        read = call_for_push(call.call_id)
        mine = customer_snapshot(read, call_budget_for_push(read) if read.is_live else None)
        others = operator_snapshot(read)
    # One more for a call that is over: what was given back of it.
    assert len(queries) == (1 if read.is_live else 2), [query["sql"] for query in queries]
    assert without_the_moment(mine) == without_the_moment(theirs)
    assert without_the_moment(others) == without_the_moment(ours)


def test_one_statement_reads_a_call_in_each_of_its_states() -> None:
    customer, operator = given_customer(), given_operator()
    when_called(given_customer(), given_operator())  # another one
    call = when_called(customer, operator)
    assert_same_as_the_rows(call)
    tell(call, "ringing", at=1, leg="customer")
    assert_same_as_the_rows(call)
    tell(call, "started", at=10)
    assert_same_as_the_rows(call)
    tell(call, "ended", at=137, why="hangup", ended_by="operator")
    assert_same_as_the_rows(call)


def test_the_card_of_the_operator_needs_no_further_statement() -> None:
    call = when_called(given_customer(), given_operator())
    read = call_for_push(call.call_id)
    snapshot = customer_snapshot(read, call_budget_for_push(read))
    with CaptureQueriesContext(connection) as queries:
        panel = panel_of_call(read, snapshot)
        assert panel.operator.availability is not None
    assert not len(queries)


def test_the_live_call_is_found_from_either_side_and_an_ended_one_is_not() -> None:
    customer, operator = given_customer(), given_operator()
    assert live_call_for_push_to_customer(customer.pk) is None
    call = when_called(customer, operator)
    for read in (live_call_for_push_to_customer(customer.pk), live_call_for_push_to_operator(operator.pk)):
        assert read == the_call(call)
    when_talked(call, 61_000)
    assert live_call_for_push_to_customer(customer.pk) is None
    assert live_call_for_push_to_operator(operator.pk) is None


def test_a_call_without_a_phone_or_terms_is_read() -> None:
    call = when_called(given_customer(), given_operator())
    Call.objects.filter(pk=call.pk).update(customer_phone=None, authorization=None)
    read = call_for_push(call.call_id)
    assert (read.customer_phone, read.authorization) == (None, None)
    assert operator_snapshot(read)["granted_seconds"] == 0


def test_a_budget_takes_one_statement_and_two_more_where_there_are_limits() -> None:
    customer = given_customer(balance="20.00")
    when_called(customer, given_operator())
    with CaptureQueriesContext(connection) as queries:
        budget = read_budget(customer.pk)
    assert len(queries) == 1
    assert (budget.available_minor, budget.held_minor, budget.limit_left_minor) == (7_04, 12_96, None)
    given_limit(customer, 15_00)
    with CaptureQueriesContext(connection) as queries:
        budget = read_budget(customer.pk)
    assert len(queries) == 3
    assert budget.limit_left_minor == 2_04
    assert read_budget(given_customer(balance=0).pk).spendable_minor == 0
    with pytest.raises(Customer.DoesNotExist):
        read_budget(0)
