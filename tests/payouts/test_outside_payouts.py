"""Payouts that staff made outside of a run: at most what is payable, or early and said so; in the tax year of their day; in the audit."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from billing.auditing import run as audit
from billing.auditing import scope_since
from billing.ledger.models import Transaction
from billing.payouts.maturity import books_day
from billing.payouts.models import OutsidePayout
from billing.payouts.selectors import years_with_payouts
from billing.payouts.services.mark_paid import mark_paid
from billing.payouts.years import csv_rows, totals_of
from billing.services.hold_earnings import hold_earnings
from billing.services.record_payout import record_payout
from billing.states import HoldKind
from core import clock
from core.errors import Conflict, Invalid
from core.models import AuditRecord
from operators.models import Operator
from telephony.models import Call
from tests.factories import StaffFactory
from tests.payouts.scenario import EARNED, an_approved_run, given_earner, item_of, later
from tests.scenario import assert_books_are_whole, earned, logged_in
from tests.support.database_owner import as_owner_past_guards
from tests.support.html import compact

pytestmark = pytest.mark.django_db


def pay(operator: Operator, amount_minor: int, key: str = "outside", **options: Any) -> None:
    record_payout(
        operator=operator, amount_minor=amount_minor, reason="wire 1", actor=StaffFactory(is_superuser=True),
        idempotency_key=key, **options,
    )  # fmt: skip


def test_no_more_is_recorded_than_is_payable() -> None:
    operator = given_earner()
    with pytest.raises(Conflict) as refused:
        pay(operator, 1)
    assert refused.value.error_code == "not_payable_yet"
    with later(days=8):
        with pytest.raises(Conflict):
            pay(operator, 3 * EARNED + 1)
        pay(operator, 3 * EARNED)
    assert earned(operator) == 0
    assert not OutsidePayout.objects.get().is_early


def test_what_was_paid_early_is_said_to_be_and_what_is_held_is_not_paid_early_either() -> None:
    operator = given_earner()
    call = Call.objects.filter(operator=operator).earliest("pk")
    hold_earnings(
        operator_id=operator.pk, customer_id=call.customer_id, kind=HoldKind.LARGE_SHARE,
        references=[call.call_id], evidence={},
    )  # fmt: skip
    with pytest.raises(Conflict) as refused:
        pay(operator, 2 * EARNED + 1, is_early=True)
    assert refused.value.error_code == "earnings_held"
    pay(operator, 2 * EARNED, is_early=True)
    record = AuditRecord.objects.get(action="payable.payout")
    assert (record.reason, record.details["is_early"]) == ("wire 1", True)
    assert OutsidePayout.objects.get().is_early
    assert_books_are_whole()
    assert list(audit(scope_since(None))) == []


def test_it_counts_in_the_year_in_which_it_was_paid_beside_what_runs_paid() -> None:
    operator = given_earner(6, account={"holder": "Sarah Smith", "address": "1 Main Street"}, method="check")
    with later(days=8):
        today = books_day(clock.now())
        last_year = date(today.year - 1, 12, 31)
        pay(operator, 500, paid_on=last_year)
        pay(operator, 700, key="another")
        run = an_approved_run()
        mark_paid(
            item_id=item_of(run, operator).pk, paid_on=today, bank_reference="1001", actor=StaffFactory()
        )
    [before] = totals_of(last_year.year)
    [now] = totals_of(today.year)
    assert (before.operator, before.payouts, before.paid_minor) == (operator, 1, 500)
    assert (now.payouts, now.paid_minor) == (2, 6 * EARNED - 500)
    assert totals_of(today.year, operator.pk) == [now]
    assert totals_of(today.year, operator.pk + 1) == []
    assert years_with_payouts() == [today.year, last_year.year]
    assert [row[5:7] for row in csv_rows(last_year.year)][1:] == [[1, Decimal("5.00")]]


def test_one_that_was_recorded_without_a_day_counts_when_it_was_recorded() -> None:
    operator = given_earner(1)
    pay(operator, 500, is_early=True)
    with as_owner_past_guards() as cursor:
        cursor.execute("DELETE FROM payouts_outsidepayout")  # as before days were kept
    [total] = totals_of(books_day(Transaction.objects.get(kind="payout").created_at).year)
    assert total.paid_minor == 500
    assert list(audit(scope_since(None))) == []


def test_its_day_is_not_in_the_future() -> None:
    operator = given_earner(1)
    with pytest.raises(Invalid) as refused:
        pay(operator, 1, is_early=True, paid_on=books_day(clock.now()) + timedelta(days=1))
    assert refused.value.extra["field"] == "paid_on"


def test_whom_taxes_are_withheld_from_is_paid_in_runs_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    class Form:
        has_withholding = True

    monkeypatch.setattr("billing.services.record_payout.newest", lambda _user: Form())
    operator = given_earner(1)
    with pytest.raises(Conflict) as refused:
        pay(operator, 1, is_early=True)
    assert refused.value.error_code == "withholding_due"


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE payouts_outsidepayout SET transaction_id = (SELECT min(id) FROM ledger_transaction WHERE kind = 'call')",
        "UPDATE ledger_entry SET amount_minor = amount_minor + 1 WHERE amount_minor = 500",
    ],
)
def test_the_audit_finds_one_that_is_not_in_the_books(change: str) -> None:
    pay(given_earner(1), 500, is_early=True)
    with as_owner_past_guards() as cursor:
        cursor.execute(change)
    assert "outside_payout_is_in_the_books" in {found.check for found in audit(scope_since(None))}


@pytest.fixture
def desk() -> Client:
    return logged_in(StaffFactory(is_superuser=True), "admin.localhost")


def test_the_desk_asks_for_the_day_and_whether_it_was_early(desk: Client) -> None:
    operator = given_earner(2)
    address = f"/backoffice/operators/{operator.pk}/payout/"
    form = {"amount": "5.00", "paid_on": "2025-12-31", "key": "once", "reason": "cash"}
    assert "payable yet" in compact(desk.post(address, form, follow=True))
    question = compact(desk.post(address, form | {"early": "on"}))
    assert "Paid on</dt><dd>2025-12-31" in question
    assert "why it came before it was payable" in question
    assert 'name="early" value="on"' in question
    desk.post(address, form | {"early": "on", "confirmed": "1"})
    outside = OutsidePayout.objects.get()
    assert (outside.paid_on, outside.is_early) == (date(2025, 12, 31), True)
    assert earned(operator) == 2 * EARNED - 500
    page = compact(desk.get(f"/backoffice/operators/{operator.pk}/"))
    assert "It counts in the tax year of the day it was paid." in page
