"""Where the demo's operators are paid, and the payout of one week: made by the services that make them. Accounts are made up."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial

from billing.payouts.maturity import books_day
from billing.payouts.models import PayoutAccount, PayoutFile
from billing.payouts.services.approve_run import approve_run
from billing.payouts.services.change_account import change_account
from billing.payouts.services.export_run import export_run
from billing.payouts.services.mark_paid import mark_file_paid
from billing.payouts.services.prepare_run import close_week
from billing.payouts.states import AccountType, FileFormat, Method
from core import clock
from customers.models import User
from demo.replay import PastEvent, evening
from operators.models import Operator

_ROUTING = "011000015"  # of the Federal Reserve Bank of Boston, which has no accounts of people
_MONDAY = 0  # of `date.weekday`
_PAID_BEFORE = 5  # days: so long ago the payout was under way at least


def payouts_of(operators: list[Operator], approver: User, exporter: User) -> Iterator[PastEvent]:
    """An account each, long ago, and a weekly run that was paid two days later. Nothing if that was told before."""
    if PayoutAccount.objects.exists():
        return
    for number, operator in enumerate(operators):
        yield evening(40, 12, number), partial(_give_account, operator, number)
    days = _days_since_monday()
    yield evening(days, 9), partial(_send, approver, exporter)
    yield evening(days - 2, 9), partial(_mark_paid, approver)


def _days_since_monday() -> int:
    """To the last Monday that lies long enough back."""
    today = books_day(clock.now())
    return next(
        days
        for days in range(_PAID_BEFORE, _PAID_BEFORE + 7)
        if (today - timedelta(days=days)).weekday() == _MONDAY
    )


def _give_account(operator: Operator, number: int) -> None:
    details = {
        "holder": f"{operator.stage_name} Example",
        "routing": _ROUTING,
        "account": f"99900{number:07}",
        "account_type": AccountType.SAVINGS if number % 3 == 2 else AccountType.CHECKING,
    }
    change_account(operator_id=operator.pk, method=Method.TRANSFER, given=details)


def _send(approver: User, exporter: User) -> None:
    """The weekly close, approved by one, and sent to the bank by another."""
    run = close_week(day=books_day(clock.now()))
    if run is not None:
        approve_run(run_id=run.pk, reason="Checked against the list of the week", actor=approver)
        export_run(run_id=run.pk, file_format=FileFormat.CSV, actor=exporter)


def _mark_paid(staff: User) -> None:
    for file in PayoutFile.objects.all():
        mark_file_paid(file_id=file.pk, paid_on=books_day(clock.now()), bank_reference="DEMO-1", actor=staff)
