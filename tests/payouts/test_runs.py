"""A run of payouts, from what is payable to what was paid or came back: each operator once, and the books say where each cent is."""

import pytest
from django.db import DatabaseError, transaction
from pytest_django.fixtures import Settings

from billing.auditing import run as audit
from billing.auditing import scope_since
from billing.ledger.states import AccountKind
from billing.models import EarningsHold
from billing.payouts.balances import balance_of, held_lines
from billing.payouts.maturity import books_day
from billing.payouts.models import PayoutFile, PayoutRun
from billing.payouts.services.approve_run import approve_run, cancel_run
from billing.payouts.services.export_run import export_run, open_file
from billing.payouts.services.mark_paid import mark_file_paid, mark_paid
from billing.payouts.services.prepare_run import ask_for_payout, close_week
from billing.payouts.services.return_item import return_item
from billing.payouts.states import ItemState
from billing.services.hold_earnings import hold_earnings
from billing.services.refund import refund_reference
from billing.states import HoldKind
from core import clock
from core.errors import Conflict, Invalid, NotAllowed
from operators.models import Operator
from operators.states import ApprovalStatus
from telephony.models import Call
from tests.factories import StaffFactory
from tests.payouts.scenario import (
    BANK,
    EARNED,
    a_run,
    an_approved_run,
    balance,
    given_earner,
    item_of,
    later,
)
from tests.scenario import assert_books_are_whole, earned, given_customer, when_called, when_talked
from tests.support.database_owner import as_owner_past_guards

pytestmark = pytest.mark.django_db


def assert_whole() -> None:
    """The books balance, and the audit finds nothing."""
    assert_books_are_whole()
    assert list(audit(scope_since(None))) == []


def test_earnings_are_pending_until_the_whole_days_have_passed() -> None:
    operator = given_earner()
    now = balance_of(operator.pk, books_day(clock.now()))
    assert (now.balance_minor, now.payable_minor, now.pending_minor) == (3 * EARNED, 0, 3 * EARNED)
    with later(days=7):
        assert balance_of(operator.pk, books_day(clock.now())).payable_minor == 0
    with later(days=8):
        assert balance_of(operator.pk, books_day(clock.now())).payable_minor == 3 * EARNED


def test_a_refund_of_new_earnings_takes_nothing_off_older_ones() -> None:
    operator = given_earner(1)
    call = Call.objects.get(operator=operator)
    day = books_day(clock.now())
    refund_reference(reference=call.call_id, reason="noise", actor=StaffFactory(), idempotency_key="r")
    parts = balance_of(operator.pk, day)
    assert (parts.balance_minor, parts.unripe_minor, parts.payable_minor) == (0, 0, 0)


def test_from_payable_to_paid() -> None:
    operator = given_earner()
    with later(days=8):
        run = a_run()
        assert earned(operator) == 3 * EARNED, "nothing is debited before a second person approves"
        approve_run(run_id=run.pk, reason="checked", actor=StaffFactory())
        item = item_of(run, operator)
        assert (item.state, item.amount_minor, item.method) == (ItemState.APPROVED, 3 * EARNED, "ach")
        assert (earned(operator), balance(AccountKind.PAYOUTS_IN_TRANSIT)) == (0, 3 * EARNED)
        assert_whole()
        file = export_run(run_id=run.pk, file_format="nacha", actor=StaffFactory())
        assert (file.entries, file.total_minor) == (1, 3 * EARNED)
        assert (
            mark_file_paid(
                file_id=file.pk, paid_on=books_day(clock.now()), bank_reference="B-1", actor=StaffFactory()
            )
            == 1
        )
    assert item_of(run, operator).state == ItemState.PAID
    assert balance(AccountKind.PAYOUTS_IN_TRANSIT) == 0
    assert balance(AccountKind.BANK) == 3 * EARNED
    assert_whole()


def test_who_prepared_a_run_does_not_approve_it(settings: Settings) -> None:
    given_earner()
    staff = StaffFactory()
    with later(days=8):
        run = a_run(staff)
        with pytest.raises(NotAllowed) as refused:
            approve_run(run_id=run.pk, reason="me", actor=staff)
        assert refused.value.error_code == "own_request"
        with pytest.raises(DatabaseError), transaction.atomic():
            PayoutRun.objects.update(approved_by=staff, approved_at=clock.now())


def test_a_sole_administrator_waits_a_day(settings: Settings) -> None:
    settings.BILLING = settings.BILLING | {"SOLE_ADMINISTRATOR": True}
    operator = given_earner()
    staff = StaffFactory()
    with later(days=8):
        run = a_run(staff)
        with pytest.raises(NotAllowed):
            approve_run(run_id=run.pk, reason="me", actor=staff)
    with later(days=9, minutes=1):
        approve_run(run_id=run.pk, reason="me", actor=staff)
    assert item_of(run, operator).state == ItemState.APPROVED


def test_the_weekly_close_is_once_a_week_and_its_file_needs_another_person() -> None:
    operator = given_earner()
    staff = StaffFactory()
    with later(days=15):
        day = books_day(clock.now())
        run = close_week(day=day)
        assert run is not None
        assert close_week(day=day) is None
        approve_run(run_id=run.pk, reason="checked", actor=staff)
        with pytest.raises(NotAllowed):
            export_run(run_id=run.pk, file_format="nacha", actor=staff)
        export_run(run_id=run.pk, file_format="nacha", actor=StaffFactory())
    assert item_of(run, operator).state == ItemState.EXPORTED


def test_two_runs_at_once_pay_once() -> None:
    operator = given_earner()
    with later(days=15):
        first = a_run()
        second = close_week(day=books_day(clock.now()))
        assert second is not None
        approve_run(run_id=first.pk, reason="checked", actor=StaffFactory())
        approved = approve_run(run_id=second.pk, reason="checked", actor=StaffFactory())
    assert [item.obstacle for item in approved.left_out] == ["nothing_payable"]
    assert earned(operator) == 0
    assert balance(AccountKind.PAYOUTS_IN_TRANSIT) == 3 * EARNED
    assert_whole()


def test_the_file_is_built_once_and_given_out_again_byte_for_byte() -> None:
    given_earner()
    staff = StaffFactory()
    with later(days=8):
        run = an_approved_run()
        file = export_run(run_id=run.pk, file_format="nacha", actor=staff)
    with later(days=9):
        again = export_run(run_id=run.pk, file_format="nacha", actor=StaffFactory())
        assert again == file
        _, data = open_file(file_id=file.pk, reason="the bank lost it", actor=staff)
        assert data == open_file(file_id=file.pk, reason="again", actor=staff)[1]
    assert BANK["account"].encode() in data
    assert BANK["account"].encode() not in bytes(PayoutFile.objects.get().data)
    with pytest.raises(Invalid):
        open_file(file_id=file.pk, reason=" ", actor=staff)


def test_what_a_bank_returns_is_the_operators_again() -> None:
    operator = given_earner()
    with later(days=8):
        run = an_approved_run()
        file = export_run(run_id=run.pk, file_format="nacha", actor=StaffFactory())
        mark_file_paid(
            file_id=file.pk, paid_on=books_day(clock.now()), bank_reference="B-1", actor=StaffFactory()
        )
        item = item_of(run, operator)
        return_item(item_id=item.pk, reason="R03, no account", actor=StaffFactory())
        with pytest.raises(Conflict):
            return_item(item_id=item.pk, reason="R03 again", actor=StaffFactory())
        with pytest.raises(Conflict):
            mark_paid(
                item_id=item.pk, paid_on=books_day(clock.now()), bank_reference="B", actor=StaffFactory()
            )
    assert earned(operator) == 3 * EARNED
    assert balance(AccountKind.BANK) == balance(AccountKind.PAYOUTS_IN_TRANSIT) == 0
    assert_whole()
    with later(days=9):
        assert balance_of(operator.pk, books_day(clock.now())).payable_minor == 3 * EARNED
        assert item_of(an_approved_run(), operator).amount_minor == 3 * EARNED


def test_an_operator_suspended_in_mid_run_is_not_paid() -> None:
    kept, first, second = given_earner(), given_earner(), given_earner()
    with later(days=8):
        run = a_run()
        Operator.objects.filter(pk=first.pk).update(approval_status=ApprovalStatus.SUSPENDED)
        approve_run(run_id=run.pk, reason="checked", actor=StaffFactory())
        assert item_of(run, first).obstacle == "suspended"
        Operator.objects.filter(pk=second.pk).update(approval_status=ApprovalStatus.SUSPENDED)
        file = export_run(run_id=run.pk, file_format="nacha", actor=StaffFactory())
    assert file.entries == 1
    assert item_of(run, second).state == ItemState.RETURNED
    assert [earned(operator) for operator in (kept, first, second)] == [0, 3 * EARNED, 3 * EARNED]
    assert_whole()


def test_a_claw_back_between_approval_and_export_leaves_the_account_below_zero() -> None:
    operator = given_earner()
    call = Call.objects.filter(operator=operator).first()
    assert call is not None
    with later(days=8):
        run = an_approved_run()
        refund_reference(reference=call.call_id, reason="noise", actor=StaffFactory(), idempotency_key="r")
        export_run(run_id=run.pk, file_format="nacha", actor=StaffFactory())
        parts = balance_of(operator.pk, books_day(clock.now()))
        assert (parts.balance_minor, parts.payable_minor, parts.owed_to_us_minor) == (-EARNED, 0, EARNED)
    when_talked(when_called(given_customer(balance="100.00"), operator), 127_000)
    when_talked(when_called(given_customer(balance="100.00"), operator), 127_000)
    with later(days=8):
        assert balance_of(operator.pk, books_day(clock.now())).payable_minor == EARNED, (
            "later earnings net it"
        )
    assert_whole()


def test_what_was_refunded_since_it_was_prepared_is_not_paid() -> None:
    operator = given_earner(4)
    call = Call.objects.filter(operator=operator).first()
    assert call is not None
    with later(days=8):
        run = a_run()
        refund_reference(reference=call.call_id, reason="noise", actor=StaffFactory(), idempotency_key="r")
        assert earned(operator) == 3 * EARNED
        approve_run(run_id=run.pk, reason="checked", actor=StaffFactory())
    assert item_of(run, operator).amount_minor == 3 * EARNED
    assert_whole()


def test_held_earnings_are_named_and_not_paid() -> None:
    operator = given_earner(4)
    call = Call.objects.filter(operator=operator).select_related("customer").first()
    assert call is not None
    hold_earnings(
        operator_id=operator.pk,
        customer_id=call.customer_id,
        kind=HoldKind.LARGE_SHARE,
        references=[call.call_id],
        evidence={},
    )
    with later(days=8):
        parts = balance_of(operator.pk, books_day(clock.now()))
        assert (parts.payable_minor, parts.pending_minor, parts.held_minor) == (3 * EARNED, 0, EARNED)
        [line] = held_lines(operator.pk)
        assert (line.reference, line.amount_minor) == (call.call_id, EARNED)
        assert line.since == EarningsHold.objects.get().opened_at
        assert item_of(an_approved_run(), operator).amount_minor == 3 * EARNED
    assert_whole()


@pytest.mark.parametrize("account", [None, BANK])
def test_without_an_account_nothing_is_paid(account: dict[str, str] | None) -> None:
    operator = given_earner(account=account)
    with later(days=8):
        if account is None:
            with pytest.raises(Conflict):
                a_run()
            assert earned(operator) == 3 * EARNED
        else:
            assert item_of(an_approved_run(), operator).is_debited


def test_a_small_balance_waits() -> None:
    operator = given_earner(2)
    with later(days=8), pytest.raises(Conflict):
        a_run()
    assert earned(operator) == 2 * EARNED


def test_a_payout_at_once_costs_its_fee_and_needs_a_member_of_staff(settings: Settings) -> None:
    operator = given_earner()
    with later(days=8), pytest.raises(NotAllowed):
        ask_for_payout(operator_id=operator.pk)
    settings.BILLING = settings.BILLING | {
        "PAYOUTS": settings.BILLING["PAYOUTS"] | {"AT_ONCE_FEE_MINOR": 150}
    }
    with later(days=8):
        run = ask_for_payout(operator_id=operator.pk)
        with pytest.raises(Conflict):
            ask_for_payout(operator_id=operator.pk)
        approve_run(run_id=run.pk, reason="checked", actor=StaffFactory())
        item = item_of(run, operator)
        assert (item.amount_minor, item.fee_minor) == (3 * EARNED - 150, 150)
        assert earned(operator) == 0
        assert_whole()
        return_item(item_id=item.pk, reason="R03", actor=StaffFactory())
    assert earned(operator) == 3 * EARNED
    assert_whole()


def test_a_check_is_paid_without_a_file() -> None:
    operator = given_earner(
        method="check", account={"holder": "Sarah Smith", "address": "1 Main Street, Albany"}
    )
    with later(days=8):
        run = an_approved_run()
        with pytest.raises(Conflict):
            export_run(run_id=run.pk, file_format="nacha", actor=StaffFactory())
        item = item_of(run, operator)
        mark_paid(
            item_id=item.pk, paid_on=books_day(clock.now()), bank_reference="check 1001", actor=StaffFactory()
        )
    assert item_of(run, operator).bank_reference == "check 1001"
    assert_whole()


def test_what_is_in_a_file_is_not_paid_before_the_file_was_made() -> None:
    operator = given_earner()
    with later(days=8):
        item = item_of(an_approved_run(), operator)
        with pytest.raises(Conflict):
            mark_paid(
                item_id=item.pk, paid_on=books_day(clock.now()), bank_reference="B", actor=StaffFactory()
            )


@pytest.mark.parametrize("days", [-1, 1])
def test_a_payout_is_paid_between_its_approval_and_today(days: int) -> None:
    operator = given_earner(
        method="wallet", account={"holder": "Sarah Smith", "wallet": "sarah@example.test"}
    )
    with later(days=8):
        item = item_of(an_approved_run(), operator)
        day = books_day(clock.now())
        with pytest.raises(Invalid):
            mark_paid(
                item_id=item.pk,
                paid_on=day.replace(year=day.year + days),
                bank_reference="W",
                actor=StaffFactory(),
            )


def test_a_run_is_decided_once() -> None:
    given_earner()
    with later(days=8):
        run = an_approved_run()
        for decide in (approve_run, cancel_run):
            with pytest.raises(Conflict):
                decide(run_id=run.pk, reason="again", actor=StaffFactory())


def test_nobody_approves_their_own_payout() -> None:
    operator = given_earner()
    staff = operator.user
    staff.is_staff = staff.is_superuser = True
    staff.save()
    with later(days=8):
        run = a_run()
        approve_run(run_id=run.pk, reason="checked", actor=staff)
    assert item_of(run, operator).obstacle == "own_account"
    assert earned(operator) == 3 * EARNED


@pytest.mark.parametrize(
    ("change", "check"),
    [
        ("UPDATE payouts_payoutitem SET amount_minor = amount_minor + 1", "payout_is_in_the_books"),
        ("UPDATE payouts_payoutitem SET state = 'paid', paid_at = now(), paid_on = now(), bank_reference = 'x'",
         "payouts_in_transit_are_what_was_sent"),
        ("UPDATE payouts_payoutfile SET total_minor = total_minor + 1", "payout_file_is_its_items"),
        ("UPDATE payouts_payoutfile SET data = 'x'", "payout_file_is_as_made"),
        ("UPDATE ledger_transaction SET reference = 'payout-0' WHERE kind = 'payout'", "payout_is_in_the_books"),
    ],
)  # fmt: skip
def test_the_audit_finds(change: str, check: str) -> None:
    given_earner()
    with later(days=8):
        run = an_approved_run()
        export_run(run_id=run.pk, file_format="nacha", actor=StaffFactory())
    with as_owner_past_guards() as cursor:
        cursor.execute(change)
    assert check in {found.check for found in audit(scope_since(None))}
