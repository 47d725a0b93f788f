"""Runs, refunds, and suspensions at once, and a crash in each step: every operator is paid once, and the books say where each cent is."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from django.db import connections

from billing.auditing import run as audit
from billing.auditing import scope_since
from billing.ledger.models import Entry
from billing.ledger.states import AccountKind
from billing.payouts.maturity import books_day
from billing.payouts.models import PayoutFile, PayoutItem, PayoutRun
from billing.payouts.services.approve_run import approve_run
from billing.payouts.services.change_account import change_account
from billing.payouts.services.export_run import export_run
from billing.payouts.services.mark_paid import mark_file_paid
from billing.payouts.services.prepare_run import close_week
from billing.payouts.services.return_item import return_item
from billing.payouts.services.return_outside import return_outside
from billing.payouts.states import ItemState, RunKind
from billing.services.charge_message import charge_message
from billing.services.record_payout import record_payout
from billing.services.refund import refund_reference
from core import audit as trail
from core import clock
from core.errors import DomainError
from core.models import AuditRecord
from customers.models import User
from operators.models import Operator
from tests.factories import BrandFactory, StaffFactory
from tests.payouts.scenario import BANK, EARNED, a_run, an_approved_run, balance, given_earner, item_of, later
from tests.scenario import assert_books_are_whole, earned, given_customer, given_operator

OF_A_TEXT = 1_000  # of $12.50, at 80%
pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*deeds: Callable[[], Any]) -> None:
    """All of them from threads of their own, eight days from now; what is refused is refused."""

    def run(deed: Callable[[], Any]) -> None:
        try:
            with later(days=8):
                deed()
        except DomainError:
            pass
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(deeds)) as pool:
        list(pool.map(run, random.sample(deeds, len(deeds))))


@pytest.mark.parametrize(
    "rounds", [3, pytest.param(500, marks=[pytest.mark.long, pytest.mark.timeout(1800)])]
)
def test_payouts_and_claw_backs_at_once_pay_each_operator_once(rounds: int) -> None:
    staff, colleague, third = StaffFactory(), StaffFactory(), StaffFactory()
    for number in range(rounds):
        _race(f"round {number}", staff, colleague, third)
    in_transit = sum(item.amount_minor for item in PayoutItem.objects.all() if item.is_debited)
    assert balance(AccountKind.PAYOUTS_IN_TRANSIT) == in_transit
    assert_books_are_whole()
    assert list(audit(scope_since(None))) == []


def given_texts(key: str) -> tuple[Operator, str]:
    """An operator with four texts just now, which cost a race less time than calls, and the reference of the first."""
    operator, customer = given_operator(rate_per_message_minor=1_250), given_customer(balance="50.00")
    with later(days=-30):
        change_account(operator_id=operator.pk, method="ach", given=BANK)
    for number in range(4):
        charge_message(
            customer=customer, operator=operator, brand=BrandFactory(), message_id=f"msg_{key}_{number}"
        )
    return operator, f"msg_{key}_0"


def _race(key: str, staff: User, colleague: User, third: User) -> None:
    operator, reference = given_texts(key)
    with later(days=8):
        first = a_run(staff)
        PayoutRun.objects.filter(pk=first.pk).update(
            kind=RunKind.ON_REQUEST
        )  # so that another may wait beside it
        second = a_run(staff)
    at_once(
        lambda: approve_run(run_id=first.pk, reason="checked", actor=colleague),
        lambda: approve_run(run_id=second.pk, reason="checked", actor=third),
        lambda: refund_reference(reference=reference, reason="noise", actor=None, idempotency_key=key),
        lambda: export_run(run_id=first.pk, file_format="nacha", actor=staff),
    )
    debited = [item for item in PayoutItem.objects.filter(operator=operator) if item.is_debited]
    assert len(debited) == 1, "paid once"
    assert earned(operator) == 3 * OF_A_TEXT - debited[0].amount_minor
    assert debited[0].amount_minor in (3 * OF_A_TEXT, 4 * OF_A_TEXT)


def test_the_weekly_close_of_two_workers_is_one_run() -> None:
    given_earner()
    with later(days=8):
        day = books_day(clock.now())
    at_once(*[lambda: close_week(day=day)] * 4)
    assert PayoutRun.objects.count() == 1


def test_a_file_asked_for_twice_at_once_is_one_file() -> None:
    given_earner()
    with later(days=8):
        run = an_approved_run()
    staff = StaffFactory()
    at_once(*[lambda: export_run(run_id=run.pk, file_format="nacha", actor=staff)] * 4)
    assert PayoutFile.objects.count() == 1


class Crash(Exception):
    """The process died here."""


def test_a_crash_in_any_step_changes_nothing_and_the_step_is_taken_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    operator, staff = given_earner(), StaffFactory()
    with later(days=8):
        today = books_day(clock.now())
        run = a_run()
        steps: list[tuple[str, Callable[[], Any]]] = [
            (ItemState.APPROVED, lambda: approve_run(run_id=run.pk, reason="checked", actor=staff)),
            (ItemState.EXPORTED, lambda: export_run(run_id=run.pk, file_format="nacha", actor=staff)),
            (
                ItemState.PAID,
                lambda: mark_file_paid(
                    file_id=PayoutFile.objects.get().pk, paid_on=today, bank_reference="B", actor=staff
                ),
            ),
            (
                ItemState.RETURNED,
                lambda: return_item(item_id=item_of(run, operator).pk, reason="R03", actor=staff),
            ),
        ]
        for state, step in steps:
            before = _all_there_is(operator)
            with monkeypatch.context() as patched:
                patched.setattr(trail, "record", _crash)
                with pytest.raises(Crash):
                    step()
            assert _all_there_is(operator) == before
            step()
            assert item_of(run, operator).state == state
            assert_books_are_whole()
    assert earned(operator) == 3 * EARNED
    assert list(audit(scope_since(None))) == []


def _crash(**_: Any) -> None:
    raise Crash


def _all_there_is(operator: Operator) -> tuple[Any, ...]:
    items = list(PayoutItem.objects.values_list("state", "amount_minor"))
    return (earned(operator), Entry.objects.count(), items, PayoutFile.objects.count())


def test_two_who_return_a_payout_made_outside_credit_it_once() -> None:
    operator, staff = given_earner(1), StaffFactory()
    payout = record_payout(
        operator=operator, amount_minor=500, reason="Check 1042", actor=staff, idempotency_key="outside",
        is_early=True,
    )  # fmt: skip
    give_back = partial(
        return_outside, transaction_id=payout.transaction_id, reason="It bounced", actor=staff
    )
    at_once(*[give_back] * 4)
    assert earned(operator) == EARNED
    assert AuditRecord.objects.filter(action="payable.payout_return").count() == 1
    assert_books_are_whole()
