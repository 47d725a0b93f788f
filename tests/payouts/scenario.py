"""Operators with earnings, accounts, and time that passes, for the tests of payouts."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from django.db.models import Sum

from billing.ledger.models import Account, Entry
from billing.ledger.states import AccountKind
from billing.payouts.models import DormancyTerm, PayoutItem, PayoutRun, TaxYear
from billing.payouts.services.approve_run import approve_run
from billing.payouts.services.change_account import change_account
from billing.payouts.services.export_run import export_run
from billing.payouts.services.prepare_run import prepare_run
from billing.services.record_payout import record_payout
from core import clock
from customers.models import User
from operators.models import Operator
from tests.factories import StaffFactory
from tests.scenario import given_customer, given_operator, when_called, when_talked

BANK = {
    "holder": "Sarah Smith",
    "routing": "021000021",
    "account": "000123456789",
    "account_type": "checking",
}
ANOTHER = BANK | {"account": "000987654321"}
# One call of 127 seconds: $3.99 a minute, fee $0.99, the operator's share 80%.
EARNED = 1037


@contextmanager
def later(**delta: float) -> Iterator[None]:
    """So much later; the ledger's own times stay."""
    with clock.using(lambda: datetime.now(UTC) + timedelta(**delta)):
        yield


def given_earner(calls: int = 3, *, account: dict[str, str] | None = BANK, method: str = "ach") -> Operator:
    """An operator with so many calls just now, and an account that took effect long ago."""
    operator = given_operator()
    if account is not None:
        with later(days=-30):
            change_account(operator_id=operator.pk, method=method, given=account)
    for _ in range(calls):
        when_talked(when_called(given_customer(balance="100.00"), operator), 127_000)
    return operator


def a_run(preparer: User | None = None) -> PayoutRun:
    """Prepared now."""
    return prepare_run(actor=preparer or StaffFactory())


def an_approved_run() -> PayoutRun:
    """Prepared by one, approved by another, now."""
    run = a_run()
    approve_run(run_id=run.pk, reason="checked", actor=StaffFactory())
    return run


def given_an_exported_payout() -> PayoutItem:
    """On its way to the bank, by a file that anyone may make for themselves."""
    operator = given_earner(method="transfer")
    with later(days=8):
        run = an_approved_run()
        export_run(run_id=run.pk, file_format="csv", actor=StaffFactory())
    return item_of(run, operator)


def leave_everything_of_payouts() -> None:
    """A row in each of their tables."""
    given_an_exported_payout()
    record_payout(
        operator=given_earner(1), amount_minor=100, reason="cash", actor=StaffFactory(), idempotency_key="outside",
        is_early=True,
    )  # fmt: skip
    TaxYear.objects.get_or_create(
        year=2026, defaults={"threshold_minor": 200_000, "withholding_bps": 2_400, "source": "IRS"}
    )
    DormancyTerm.objects.get_or_create(region="NY", defaults={"years": 3, "source": "NY"})


def item_of(run: PayoutRun, operator: Operator) -> PayoutItem:
    """The operator's part of it, as it is now."""
    return PayoutItem.objects.get(run=run, operator=operator)


def balance(kind: AccountKind) -> int:
    """Of the platform's account of this kind."""
    rows = Entry.objects.filter(account__in=Account.objects.filter(kind=kind))
    return rows.aggregate(total=Sum("amount_minor"))["total"] or 0
