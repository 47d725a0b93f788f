"""Rows of payments planted past what writes them: the audit finds and names each."""

import pytest
from django.db import connection

from billing.auditing import payments, scope_since
from billing.services.pay_back import pay_back
from tests.scenario import given_customer
from tests.support.card_processor import Processor, given_paid
from tests.support.database_owner import as_owner_past_guards

pytestmark = pytest.mark.django_db

PLANTED = {
    "UPDATE billing_payment SET refunded_minor = 5": "payment_is_in_the_books",
    "UPDATE billing_payment SET captured_minor = 0, captured_at = NULL": "payment_is_in_the_books",
    "UPDATE ledger_transaction SET reference = 'memory:x' WHERE kind = 'top_up'": "card_money_is_of_a_payment",
    "UPDATE billing_payback SET state = 'done', ended_at = now()": "in_transit_is_what_was_sent",
    "UPDATE billing_payback SET amount_minor = 1": "in_transit_is_what_was_sent",
}


@pytest.mark.parametrize("statement", PLANTED)
def test_what_the_books_do_not_hold_is_found(processor: Processor, statement: str) -> None:
    customer = given_customer(balance=0)
    given_paid(processor, customer)
    pay_back(customer=customer, expected_minor=2500)
    assert found() == set()
    with as_owner_past_guards(), connection.cursor() as cursor:
        cursor.execute(statement)
        assert PLANTED[statement] in found()


def found() -> set[str]:
    return {violation.check for check in payments.CHECKS for violation in check(scope_since(None))}
