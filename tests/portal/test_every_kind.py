"""A month with every kind of entry that an operator's account can have: the CSV summed by hand is the balance, its parts, and the ledger."""

from datetime import UTC, datetime

import pytest
from pytest_django.fixtures import Settings

from billing.ledger.models import Transaction
from billing.ledger.states import TransactionKind
from billing.models import Authorization
from billing.payouts.models import PayoutItem, TaxYear
from billing.payouts.services.approve_run import approve_run
from billing.payouts.services.change_account import change_account
from billing.payouts.services.prepare_run import ask_for_payout
from billing.payouts.services.return_item import return_item
from billing.payouts.services.write_off import write_off
from billing.services.adjust_settlement import adjust_settlement
from billing.services.book_opening_balances import Opening, book_opening_balances
from billing.services.charge_message import charge_message
from billing.services.record_payout import record_payout
from billing.services.tip import tip
from billing.staff_limits import Approval, Gift
from operators.models import Operator
from telephony.models import Call
from tests.factories import BrandFactory, StaffFactory
from tests.payouts.scenario import an_approved_run
from tests.portal.test_payouts import assert_it_adds_up, by_status, csv_of, hold, page_of, refund, talked
from tests.scenario import (
    assert_books_are_whole,
    earned,
    given_customer,
    given_operator,
    when_called,
    when_talked,
)
from tests.support.ledger_clock import it_is

pytestmark = pytest.mark.django_db
# Of what an operator's account can have; the others are of customers, processors, and the bank alone.
KINDS = {
    TransactionKind.CALL, TransactionKind.CONNECT_FEE, TransactionKind.MESSAGE, TransactionKind.TIP, TransactionKind.REFUND,
    TransactionKind.ADJUSTMENT, TransactionKind.PROMO, TransactionKind.PAYOUT, TransactionKind.PAYOUT_BACK,
    TransactionKind.PAYOUT_FEE, TransactionKind.WITHHOLDING, TransactionKind.WRITE_OFF, TransactionKind.OPENING,
}  # fmt: skip


def noon(month: int, day: int) -> datetime:
    return datetime(2026, month, day, 17, tzinfo=UTC)


class Withholding:
    kind, last_four, has_withholding, valid_until = "w9", "6789", True, None


def test_a_month_with_every_kind_of_entry_adds_up(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, settable_ledger_clock: None
) -> None:
    """Clocks are set back on November 1."""
    settings.BILLING = settings.BILLING | {
        "PAYOUTS": settings.BILLING["PAYOUTS"] | {"AT_ONCE_FEE_MINOR": 150}
    }
    TaxYear.objects.update_or_create(
        year=2024, defaults={"threshold_minor": 60_000, "withholding_bps": 2_400, "source": "a test"}
    )
    staff, boss = StaffFactory(is_superuser=True), StaffFactory(is_superuser=True)
    with it_is(noon(9, 1)):
        operator = given_operator(rate_per_message_minor=50)
        change_account(
            operator_id=operator.pk, method="check", given={"holder": "Sarah", "address": "1 Main Street"}
        )
        page = page_of(operator)
    with it_is(noon(10, 20)):
        first = _sell_everything(operator)
        book_opening_balances(
            [Opening("opening", 1_234, operator_id=operator.pk)], actor=staff, reason="moved in"
        )
        assert_it_adds_up(page)
    with it_is(datetime(2026, 11, 1, 5, 30, tzinfo=UTC)):  # 1:30 AM, and again in an hour
        call = talked(operator)
        record_payout(
            operator=operator, amount_minor=500, reason="cash", actor=staff, idempotency_key="outside"
        )
    with it_is(datetime(2026, 11, 1, 6, 30, tzinfo=UTC)):
        refund(call, 100)
        hold(call)
        assert_it_adds_up(page)
    with it_is(noon(11, 3)):
        monkeypatch.setattr("billing.payouts.services.approve_run.newest", lambda _user: Withholding())
        run = ask_for_payout(operator_id=operator.pk)
        approve_run(run_id=run.pk, reason="checked", actor=boss)
        assert_it_adds_up(page)
        return_item(item_id=PayoutItem.objects.get().pk, reason="moved", actor=boss)
        assert_it_adds_up(page)
    with it_is(noon(11, 4)):
        an_approved_run()
        parts = assert_it_adds_up(page)
        assert parts["payable"] == 0
        refund(first)
        refund(call)
        owed = -earned(operator)
        assert owed > 0
        gift = Gift(owed - 50, operator=operator)
        write_off(
            operator=operator, amount_minor=owed - 50, reason="left", actor=staff, idempotency_key="off",
            approval=Approval(1, boss.pk, gift),
        )  # fmt: skip
        assert_it_adds_up(page)
    with it_is(noon(11, 20)):
        charge_message(customer=given_customer(), operator=operator, brand=BrandFactory(), message_id="last")
        parts = assert_it_adds_up(page)
        assert sum(by_status(csv_of(page)).values()) == sum(parts.values()) == earned(operator) == -50 + 40
    own = Transaction.objects.filter(entries__account__operator=operator, entries__account__kind="payable")
    assert set(own.values_list("kind", flat=True)) == KINDS
    assert_books_are_whole()


def _sell_everything(operator: Operator) -> Call:
    """Calls with and without free minutes, one of them corrected; a text, and a tip. Returns the corrected one."""
    anna, ben = given_customer(balance="300.00"), given_customer(balance="300.00", free_minutes=2)
    first = when_called(anna, operator)
    when_talked(first, 400_000)
    when_talked(when_called(ben, operator), 127_000)
    corrected = Authorization.objects.get(reference=first.call_id)
    adjust_settlement(authorization_id=corrected.pk, joined_ms=300_000)
    charge_message(customer=anna, operator=operator, brand=BrandFactory(), message_id="msg_1")
    tip(
        customer=anna, call_reference=first.call_id, operator_id=operator.pk, brand=BrandFactory(), amount_minor=1_000,
        idempotency_key="tip",
    )  # fmt: skip
    return first
