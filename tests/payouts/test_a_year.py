"""A year of card loads, sales, refunds, chargebacks, debts, and payouts, closed: what the bank sent is what the 1099s say, and every account
explains itself.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.db.models import Max, QuerySet, Sum

from billing.auditing import CHECKS, days, scope_since
from billing.ledger.models import Account, Entry, Transaction
from billing.ledger.states import AccountKind, TransactionKind
from billing.models import CollusionFinding, Payment
from billing.payouts.balances import balance_of
from billing.payouts.maturity import books_day
from billing.payouts.services.approve_run import approve_run
from billing.payouts.services.change_account import change_account
from billing.payouts.services.export_run import export_run
from billing.payouts.services.mark_paid import mark_file_paid
from billing.payouts.services.prepare_run import close_week
from billing.payouts.services.return_item import return_item
from billing.payouts.services.return_outside import return_outside
from billing.payouts.states import ItemState
from billing.payouts.years import csv_rows, totals_of
from billing.services.charge_message import charge_message
from billing.services.record_payout import record_payout
from billing.services.refund import refund_reference
from core import clock
from core.errors import Conflict
from core.money import as_decimal
from customers.models import Customer
from operators.models import Operator
from tests.factories import BrandFactory, StaffFactory
from tests.operators.applicants import give_tax_form, sign
from tests.payouts.card_customers import LOADED, Bank, given_card_customer
from tests.payouts.scenario import BANK, balance
from tests.scenario import assert_books_are_whole, earned, given_operator
from tests.support.database_owner import as_owner, as_owner_past_guards, recount_quarter_hours

pytestmark = pytest.mark.django_db
FIRST = datetime(2026, 1, 5, 17, tzinfo=UTC)  # a Monday
CARDS = 3  # customers of a week, of whom the banks of two charge back


@contextmanager
def on(at: datetime) -> Iterator[None]:
    """Within: it is that time, for us and, afterwards, for the ledger's own times of what was posted."""
    last = Transaction.objects.aggregate(last=Max("pk"))["last"] or 0
    with clock.using(lambda: at):
        yield
    with as_owner_past_guards() as cursor:
        cursor.execute("UPDATE ledger_transaction SET created_at = %s WHERE id > %s", [at, last])
    recount_quarter_hours()


def given_operators(people: int) -> list[Operator]:
    """With all that being paid for a year needs."""
    operators = [given_operator(rate_per_message_minor=1_250) for _ in range(people)]
    for operator in operators:
        sign(operator.user)
        give_tax_form(operator.user)
        change_account(operator_id=operator.pk, method="ach", given=BANK)
    return operators


def sell(operator: Operator, customer: Customer, number: str) -> str:
    """One text at the operator's price; its reference."""
    charge_message(customer=customer, operator=operator, brand=BrandFactory(), message_id=f"msg_{number}")
    return f"msg_{number}"


def refund(reference: str) -> None:
    """At the operator's expense, too, unless theirs was taken back already."""
    give_back = partial(
        refund_reference, reference=reference, reason="noise", actor=None, idempotency_key=f"refund {reference}"
    )  # fmt: skip
    if any(reference in finding.references for finding in CollusionFinding.objects.all()):
        with pytest.raises(Conflict) as refused:
            give_back()
        assert refused.value.error_code == "taken_back"
        give_back(claws_back=False)
    else:
        give_back()


@pytest.mark.parametrize(
    ("weeks", "people"),
    [(7, 3), pytest.param(52, 12, marks=[pytest.mark.long, pytest.mark.timeout(900)])],
    ids=["short", "a year"],
)
def test_the_year_adds_up(weeks: int, people: int) -> None:
    chance = random.Random(2026)
    bank = Bank(StaffFactory(), StaffFactory())
    with clock.using(lambda: FIRST - timedelta(days=30)):
        operators = given_operators(people)
    sales: list[str] = []
    disputed: dict[int, list[Payment]] = {}  # by the week of the load
    returned = outside_back = 0
    for week in range(weeks):
        at = FIRST + timedelta(weeks=week)
        with on(at):
            loads = [given_card_customer() for _ in range(CARDS)]
            disputed[week] = loads[1:]
            for operator in operators:
                sales += [
                    sell(operator, loads[n % CARDS].customer, f"{week}_{operator.pk}_{n}")
                    for n in range(chance.randint(1, 5))
                ]
        with on(at + timedelta(days=2)):
            for reference in chance.sample(sales, min(len(sales), 2)):
                sales.remove(reference)
                refund(reference)
        with on(at + timedelta(days=3)):  # the earnings of that talk were paid out meanwhile
            disputed |= {week - 2: [bank.charge_back(load) for load in disputed.get(week - 2, [])]}
        with on(at + timedelta(days=4)):
            for load in disputed.pop(week - 3, []):
                bank.decide(load)
        with on(at + timedelta(days=7)):
            outside_back += _pay_outside(week, operators[week % people], bank)
            returned += _pay_in_a_run(week, bank)
    assert returned
    assert outside_back
    assert Counter(bank.ends).keys() == {"lost", "collusion", "won", "won late"}
    _check_the_close(operators, bank, FIRST + timedelta(weeks=weeks))


def _pay_outside(week: int, operator: Operator, bank: Bank) -> int:
    """A part of what is payable, by check, which bounces now and then; how many did."""
    if balance_of(operator.pk, books_day(clock.now())).payable_minor <= 300:
        return 0
    payout = record_payout(
        operator=operator, amount_minor=300, reason=f"Check {week}", actor=bank.staff, idempotency_key=f"outside {week}"
    )  # fmt: skip
    if week % 4 != 2:
        return 0
    return_outside(transaction_id=payout.transaction_id, reason="It bounced", actor=bank.colleague)
    return 1


def _pay_in_a_run(week: int, bank: Bank) -> int:
    """What is payable, by the bank, which returns one payout now and then; how many."""
    run = close_week(day=books_day(clock.now()))
    if run is None:
        return 0
    approve_run(run_id=run.pk, reason="checked", actor=bank.staff)
    file = export_run(run_id=run.pk, file_format="nacha", actor=bank.colleague)
    mark_file_paid(
        file_id=file.pk, paid_on=books_day(clock.now()), bank_reference=f"B{week}", actor=bank.staff
    )
    items = list(run.items.filter(state=ItemState.PAID))
    if not items or week % 3 != 1:
        return 0
    return_item(item_id=items[0].pk, reason="R01", actor=bank.colleague)
    return 1


def _check_the_close(operators: list[Operator], bank: Bank, end: datetime) -> None:
    paid = _check_the_years()
    taken_back_minor = 0
    for operator in operators:
        of_operator = Transaction.objects.filter(operator=operator)
        earnings = _sum(of_operator.filter(kind=TransactionKind.MESSAGE))
        back = _sum(of_operator.filter(kind=TransactionKind.REFUND))
        taken_back = -_sum(of_operator.filter(kind=TransactionKind.ADJUSTMENT))
        taken_back_minor += taken_back
        kept = earnings - back - taken_back
        assert kept == earned(operator) + paid[operator.pk]
        with clock.using(lambda: end):
            parts = balance_of(operator.pk, books_day(end))
        assert parts.payable_minor + parts.pending_minor + parts.held_minor == earned(operator)
    assert taken_back_minor == bank.taken_back_minor > 0
    _check_accounts(bank)
    assert_books_are_whole()
    with as_owner() as cursor:
        cursor.execute("ANALYZE")  # nothing counts the rows of a transaction that is open
    # The operators' days were rolled up when this test ran, not on the days that it moved the ledger's times to.
    checks = [check for check in CHECKS if check not in days.CHECKS]
    assert [found for check in checks for found in check(scope_since(None))] == []


def _check_the_years() -> Counter[int]:
    """Each year is what left the bank, and cash, in it; what each operator was paid in all of them."""
    sent: dict[int, Counter[int]] = defaultdict(Counter)
    paid_by = (AccountKind.BANK, AccountKind.PAYOUT)  # the latter outside of runs
    rows = Entry.objects.filter(account__kind__in=paid_by).values_list(
        "transaction__operator", "transaction__kind", "transaction__created_at", "amount_minor"
    )
    for operator_id, kind, at, amount_minor in rows:
        assert kind in (TransactionKind.PAYOUT_PAID, TransactionKind.PAYOUT_BACK, TransactionKind.PAYOUT)
        sent[books_day(at).year][operator_id] += amount_minor
    paid: Counter[int] = Counter()
    for year, of_year in sent.items():
        totals = {total.operator.pk: total.paid_minor - total.withheld_minor for total in totals_of(year)}
        assert totals == {operator_id: minor for operator_id, minor in of_year.items() if minor}
        in_csv = {row[1]: row[6] for row in list(csv_rows(year))[1:]}
        assert in_csv == {operator_id: as_decimal(minor) for operator_id, minor in totals.items()}
        paid.update(totals)
    assert balance(AccountKind.PAYOUTS_IN_TRANSIT) == 0
    assert balance(AccountKind.PAYOUT) > 0
    assert balance(AccountKind.BANK) + balance(AccountKind.PAYOUT) == sum(paid.values())
    return paid


def _check_accounts(bank: Bank) -> None:
    """What the processor owes us, what disputes cost us, our revenue, and what customers have are each explained by what happened."""
    payments = list(Payment.objects.all())
    in_dispute = sum(payment.totals.disputed_minor for payment in payments)
    assert balance(AccountKind.PROCESSOR) == in_dispute - LOADED * len(payments)
    assert bank.written_off_minor == sum(payment.written_off_minor for payment in payments) > 0
    assert balance(AccountKind.DISPUTE_LOSSES) == bank.taken_back_minor - bank.written_off_minor
    sold = Transaction.objects.filter(kind=TransactionKind.MESSAGE)
    back = Transaction.objects.filter(kind=TransactionKind.REFUND)
    assert balance(AccountKind.REVENUE) == _sum(sold, "platform_minor") - _sum(back, "platform_minor")
    spent = _sum(sold, "amount_minor") - _sum(back, "amount_minor")
    in_wallets = LOADED * len(payments) - in_dispute + bank.written_off_minor - spent
    wallets = Account.objects.filter(kind=AccountKind.WALLET)
    assert wallets.aggregate(total=Sum("balance_minor"))["total"] == in_wallets
    open_disputes = {
        payment.customer_id for payment in payments
        if payment.totals.disputed_minor and payment.dispute_closed_at is None
    }  # fmt: skip
    frozen = wallets.filter(overdraft_minor__gt=0).values_list("customer", flat=True)
    assert set(frozen) == open_disputes != set()


def _sum(rows: QuerySet[Transaction], part: str = "operator_minor") -> int:
    return rows.aggregate(total=Sum(part))["total"] or 0
