"""A payout made outside of a run came back: it is the operator's again, once, in no tax year, and the audit knows."""

from datetime import date
from functools import partial
from importlib import import_module

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client

from billing.auditing import run as audit
from billing.auditing import scope_since
from billing.ledger.models import Transaction
from billing.ledger.states import AccountKind
from billing.payouts.balances import balance_of
from billing.payouts.maturity import books_day
from billing.payouts.models import OutsidePayout
from billing.payouts.selectors import years_with_payouts
from billing.payouts.services.return_outside import return_outside
from billing.payouts.years import totals_of
from billing.services.record_payout import record_payout
from core import clock
from core.errors import Conflict, Invalid, NotFound
from core.models import AuditRecord
from customers.own_account import OwnAccount
from notices.models import Notice
from operators.models import Operator
from tests.factories import StaffFactory
from tests.payouts.scenario import EARNED, an_approved_run, balance, given_earner, later
from tests.scenario import assert_books_are_whole, earned, logged_in
from tests.support.database_owner import as_owner_past_guards
from tests.support.html import compact

pytestmark = pytest.mark.django_db
BOUNCED = "The check bounced"


@pytest.fixture
def operator() -> Operator:
    """Who was paid $5.00 by check on the last day of 2025, early, and is owed the rest."""
    operator = given_earner(1)
    record_payout(
        operator=operator, amount_minor=500, reason="Check 1042", actor=StaffFactory(), idempotency_key="outside",
        paid_on=date(2025, 12, 31), is_early=True,
    )  # fmt: skip
    return operator


def the_payout() -> Transaction:
    return Transaction.objects.get(kind="payout")


def test_it_is_the_operators_again_payable_and_in_no_year(operator: Operator) -> None:
    assert [total.paid_minor for total in totals_of(2025)] == [500]
    staff = StaffFactory()
    return_outside(transaction_id=the_payout().pk, reason=BOUNCED, actor=staff)
    back = Transaction.objects.get(kind="payout_back")
    assert (back.reverses, back.amount_minor, back.reason, back.actor) == (the_payout(), 500, BOUNCED, staff)
    assert (earned(operator), balance(AccountKind.PAYOUT)) == (EARNED, 0)
    assert (totals_of(2025), years_with_payouts()) == ([], [])
    with later(days=8):
        assert balance_of(operator.pk, books_day(clock.now())).payable_minor == EARNED
    record = AuditRecord.objects.get(action="payable.payout_return")
    assert (record.actor, record.reason, record.details["amount_minor"]) == (staff, BOUNCED, 500)
    letter = Notice.objects.get(kind="payout_returned")
    assert (letter.recipient, letter.payload["amount"], letter.payload["reason"]) == (
        operator.user, "$5.00", BOUNCED,
    )  # fmt: skip
    assert_books_are_whole()
    assert list(audit(scope_since(None))) == []


def test_it_comes_back_once_for_a_reason_and_by_somebody_else(operator: Operator) -> None:
    give_back = partial(return_outside, transaction_id=the_payout().pk)
    with pytest.raises(Invalid):
        give_back(reason=" ", actor=StaffFactory())
    with pytest.raises(OwnAccount):
        give_back(reason=BOUNCED, actor=operator.user)
    give_back(reason=BOUNCED, actor=StaffFactory())
    with pytest.raises(Conflict) as refused:
        give_back(reason="again", actor=StaffFactory())
    assert refused.value.error_code == "returned_before"
    assert refused.value.message.endswith(f"on {books_day(clock.now())}: {BOUNCED}")
    assert earned(operator) == EARNED


def test_what_is_no_payout_made_outside_is_not_found(operator: Operator) -> None:
    given_earner()
    outside = the_payout()
    with later(days=8):
        an_approved_run()
    others = Transaction.objects.exclude(pk=outside.pk)
    assert others.filter(kind="payout").exists()
    for transaction in others:
        with pytest.raises(NotFound):
            return_outside(transaction_id=transaction.pk, reason=BOUNCED, actor=StaffFactory())


AGAIN = """
INSERT INTO ledger_transaction (kind, idempotency_key, fingerprint, operator_id, reference, currency, amount_minor, operator_minor,
                                platform_minor, description, reason, reverses_id)
SELECT kind, 'again', fingerprint, operator_id, '', currency, amount_minor, 0, 0, '', '', reverses_id
  FROM ledger_transaction WHERE kind = 'payout_back'
"""


@pytest.mark.parametrize(
    ("change", "check"),
    [
        (
            "UPDATE ledger_transaction SET reverses_id = NULL WHERE kind = 'payout_back'",
            "payout_posting_is_of_an_item",
        ),
        (
            "UPDATE ledger_entry SET amount_minor = -501 WHERE amount_minor = -500",
            "outside_payout_comes_back_once",
        ),
        (AGAIN, "outside_payout_comes_back_once"),
    ],
)
def test_the_audit_finds_a_return_that_is_none(operator: Operator, change: str, check: str) -> None:
    return_outside(transaction_id=the_payout().pk, reason=BOUNCED, actor=StaffFactory())
    with as_owner_past_guards() as cursor:
        cursor.execute(change)
    assert check in {found.check for found in audit(scope_since(None))}


def test_one_that_was_recorded_before_days_were_kept_gets_its_day() -> None:
    record_payout(
        operator=given_earner(1), amount_minor=500, reason="wire 1", actor=StaffFactory(), idempotency_key="old",
        is_early=True,
    )  # fmt: skip
    with as_owner_past_guards() as cursor:
        cursor.execute("DELETE FROM payouts_outsidepayout")
    migration = import_module("billing.payouts.migrations.0004_days_of_earlier_payouts")
    for _ in range(2):
        with connection.cursor() as cursor:
            cursor.execute(migration.KEEP_DAYS)
    assert OutsidePayout.objects.get().paid_on == books_day(the_payout().created_at)


# -- the staff's pages


def desk_of(role: str) -> Client:
    person = StaffFactory(is_superuser=False)
    person.groups.add(Group.objects.get(name=role))
    return logged_in(person, "admin.localhost")


def test_staff_find_it_say_why_it_came_back_and_read_that_it_did(operator: Operator) -> None:
    desk = desk_of("Finance")
    address = f"/backoffice/payouts/outside/{the_payout().pk}/"
    listed = compact(desk.get(f"/backoffice/operators/{operator.pk}/"))
    assert f'<a href="{address}">2025-12-31</a>' in listed
    assert "<td>Check 1042</td>" in listed
    assert f'href="{address}"' in compact(desk.get(f"/backoffice/transactions/{the_payout().pk}/"))
    page = compact(desk.get(address))
    assert "<dt>State</dt><dd>Paid</dd>" in page
    assert "2025-12-31, before it was payable" in page
    assert "<dt>Tax year</dt><dd>2025</dd>" in page
    question = compact(desk.post(f"{address}returned/", {"reason": BOUNCED}))
    assert "Did $5.00 to" in question
    assert "Owed</dt><dd>$5.37 → $10.37</dd>" in question
    assert earned(operator) == EARNED - 500
    confirmed = {"reason": BOUNCED, "confirmed": "1"}
    page = compact(desk.post(f"{address}returned/", confirmed, follow=True))
    assert "Returned: it is the operator’s again." in page
    assert f": {BOUNCED}" in page.partition("<dt>Amount")[0]
    assert "<dt>Tax year</dt><dd>None: it came back</dd>" in page
    assert "Why it came back" not in page
    again = compact(desk.post(f"{address}returned/", confirmed, follow=True))
    assert "This payout was returned before, on" in again
    assert earned(operator) == EARNED
    assert f"<td>{BOUNCED}</td>" in compact(desk.get(f"/backoffice/operators/{operator.pk}/"))


def test_who_may_not_record_payouts_may_not_return_one(operator: Operator) -> None:
    desk = desk_of("Support")
    assert (
        desk.post(f"/backoffice/payouts/outside/{the_payout().pk}/returned/", {"reason": "x"}).status_code
        == 403
    )
