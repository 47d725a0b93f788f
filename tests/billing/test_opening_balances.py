"""What another system owed is in the books once, as paid money or as owed to the operator, and is nobody's earning of the day."""

import pytest
from django.db import transaction

from backoffice.revenue import month_of, revenue
from billing.auditing import run, scope_since
from billing.ledger.models import Account, Entry
from billing.ledger.states import AccountKind
from billing.services.book_opening_balances import Opening, book_opening_balances
from core import clock
from core.errors import Conflict, Invalid
from operators.models import OperatorDay
from portal.statement import entries_of, lines_of
from portal.statement_sums import sums_of
from tests.factories import StaffFactory
from tests.scenario import customer_client, given_customer, given_operator
from web.filters import LedgerFilters

pytestmark = pytest.mark.django_db
REASON = "Moved from the previous system"


def book(*openings: Opening) -> None:
    book_opening_balances(openings, actor=StaffFactory(email="owner@example.com"), reason=REASON)


def test_a_customers_balance_is_paid_money_and_is_said_on_their_activity() -> None:
    customer = given_customer(balance="0.00")
    book(Opening("before:customer:7", 4_550, customer_id=customer.pk))
    wallet = Account.objects.get(kind=AccountKind.WALLET, customer=customer)
    assert (wallet.balance_minor, wallet.promo_minor, wallet.refundable_minor) == (4_550, 0, 4_550)
    page = customer_client(customer).get("/activity/").content.decode()
    assert "Balance brought over" in page
    assert "$45.50" in page
    assert list(run(scope_since(None))) == []


def test_what_an_operator_was_owed_is_owed_and_no_earning() -> None:
    operator = given_operator()
    book(Opening("before:operator:3", 31_201, operator_id=operator.pk))
    payable = Account.objects.get(kind=AccountKind.PAYABLE, operator=operator)
    assert payable.balance_minor == 31_201
    entries = entries_of(operator, LedgerFilters())
    assert sums_of(operator, LedgerFilters()).earned_minor == 0
    assert [(line.what, line.earned_minor, line.paid_minor) for line in lines_of(list(entries))] == [
        ("Balance from before", 31_201, None)
    ]
    assert not OperatorDay.objects.filter(operator=operator).exists()
    assert revenue(month_of(None, clock.now().date())) == []
    assert list(run(scope_since(None))) == []


def test_it_is_booked_once_and_the_other_side_is_an_account_of_its_own() -> None:
    customer, operator = given_customer(), given_operator()
    openings = [
        Opening("before:customer:7", 100, customer_id=customer.pk),
        Opening("before:operator:3", 250, operator_id=operator.pk),
    ]
    owner = StaffFactory()
    for _ in range(2):
        book_opening_balances(openings, actor=owner, reason=REASON)
    other_side = Entry.objects.filter(account__kind=AccountKind.OPENING)
    assert sorted(other_side.values_list("amount_minor", flat=True)) == [-250, -100]


def test_another_amount_under_the_same_key_or_none_at_all_is_refused() -> None:
    customer = given_customer()
    book(Opening("before:customer:7", 100, customer_id=customer.pk))
    with pytest.raises(Conflict), transaction.atomic():
        book_opening_balances(
            [Opening("before:customer:7", 101, customer_id=customer.pk)],
            actor=StaffFactory(),
            reason=REASON,
        )
    with pytest.raises(Invalid):
        book_opening_balances([Opening("x", 0, customer_id=customer.pk)], actor=StaffFactory(), reason=REASON)
