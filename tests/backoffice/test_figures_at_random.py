"""Any history of the house: operator's statement, staff's customer page, trial balance, daily close, revenue with margin, and the
journal are what plain SQL over the ledger says."""

import csv
import io
from collections import defaultdict
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from backoffice.revenue import revenue
from backoffice.trial_balance import trial_balance_of
from billing.auditing import closes, scope_since, statements
from billing.ledger.models import Transaction
from billing.models import MerchantAccount
from billing.services.adjust_settlement import adjust_settlement
from billing.services.check_payment import check_payment
from billing.services.close_days import close_days
from billing.services.credit_wallet import credit_wallet
from billing.services.read_statement import read_statement
from billing.services.record_payout import record_payout
from billing.services.refund import refund_reference
from billing.services.seal_ledger import seal_ledger
from billing.states import CreditSource
from core.days import BOOKS_ZONE
from core.errors import DomainError
from messaging.services.send import send
from portal.statement import all_lines, entries_of
from portal.statement_sums import sums_of
from telephony.models import Call
from tests.backoffice.recounts import BALANCES, REVENUE
from tests.billing.test_statements import stated
from tests.billing.test_tax import given_tax
from tests.factories import StaffFactory
from tests.scenario import (
    given_customer,
    given_free_minutes,
    given_operator,
    logged_in,
    the_authorization,
    when_called,
    when_talked,
)
from tests.support.card_processor import NAME, Processor, given_paid
from tests.support.database_owner import as_owner_past_guards, recount_quarter_hours
from web.filters import LedgerFilters

pytestmark = pytest.mark.django_db
LONG = [pytest.mark.long, pytest.mark.timeout(1800)]
FIRST = date(2026, 2, 26)  # the story takes place around the turn of a month
DAYS = 6
FEE_BPS, FIXED_MINOR = 1_150, 35
TRUNK = {"CUSTOMER_LEG_MILLIONTHS": 9_100, "OPERATOR_LEG_MILLIONTHS": 13_700}

steps = st.lists(
    st.one_of(
        st.tuples(st.just("credit"), st.integers(0, 1), st.sampled_from(CreditSource), st.integers(1, 3_000)),
        st.tuples(st.just("gift"), st.integers(0, 1), st.integers(1, 3)),
        st.tuples(st.just("load"), st.integers(0, 1), st.sampled_from([500, 2_500, 5_000])),
        st.tuples(st.just("call"), st.integers(0, 1), st.integers(0, 1), st.integers(1_000, 200_000)),
        st.tuples(st.just("text"), st.integers(0, 1), st.integers(0, 1)),
        st.tuples(
            st.just("refund"), st.integers(0, 9), st.one_of(st.none(), st.integers(1, 400)), st.booleans()
        ),
        st.tuples(st.just("correct"), st.integers(0, 9), st.integers(1_000, 170_000)),
        st.tuples(st.just("payout"), st.integers(0, 1), st.integers(1, 500)),
        st.tuples(st.just("charge_back"), st.integers(0, 9), st.integers(1, 500)),
        st.tuples(st.just("statement"), st.integers(0, 400)),
        st.tuples(st.just("night")),
    ),
    min_size=4,
    max_size=16,
)


@pytest.mark.slow
@pytest.mark.parametrize("stories", [8, pytest.param(120, marks=LONG)])
def test_every_figure_of_the_house_is_that_of_the_ledger(
    stories: int, processor: Processor, settings: Any
) -> None:
    settings.BILLING = settings.BILLING | {"TRUNK": TRUNK}
    desk = logged_in(StaffFactory(is_superuser=True), "admin.localhost")

    @hypothesis_settings(max_examples=stories, suppress_health_check=[HealthCheck.too_slow], deadline=None)
    @given(steps, st.booleans())
    def each(told: list[tuple[Any, ...]], is_taxed: bool) -> None:
        with transaction.atomic():
            _Teller(processor, desk, is_taxed=is_taxed).tell(told)
            transaction.set_rollback(True)

    each()


class _Teller:
    """Tells a story over some days; then compares every figure."""

    def __init__(self, processor: Processor, desk: Client, *, is_taxed: bool) -> None:
        if is_taxed:
            given_tax()
        self.processor, self.desk, self.numbers = processor, desk, count()
        self.customers = [given_customer(balance="60.00"), given_customer(balance="9.00")]
        self.operators = [
            given_operator(rate_per_message_minor=50),
            given_operator(rate="2.99", share_bps=7500),
        ]
        self.payments: list[Any] = []
        self.calls: list[Call] = []
        self.references: list[str] = []
        self.days = 0
        self.booked = 0

    def tell(self, told: list[tuple[Any, ...]]) -> None:
        for name, *arguments in told:
            act: Callable[..., None] = getattr(self, f"do_{name}")
            try:
                with transaction.atomic():
                    act(*arguments)
            except DomainError:  # no money, nothing left, corrected before: nothing happened
                continue
        self.do_night()
        MerchantAccount.objects.update(fee_bps=FEE_BPS, fee_fixed_minor=FIXED_MINOR)
        self.compare_operators()
        self.compare_customers()
        self.compare_revenue()
        self.compare_days()
        self.compare_journal()

    # -- what happens

    def do_credit(self, who: int, source: CreditSource, amount: int) -> None:
        number = next(self.numbers)
        credit_wallet(
            customer=self.customers[who], amount_minor=amount, source=source, reason="a story", actor=None,
            idempotency_key=f"credit-{number}",
            payment_reference=f"payment {number}" if source == CreditSource.RECEIVED else "",
        )  # fmt: skip

    def do_gift(self, who: int, minutes: int) -> None:
        given_free_minutes(self.customers[who], minutes)

    def do_load(self, who: int, amount: int) -> None:
        self.payments.append(given_paid(self.processor, self.customers[who], amount))

    def do_call(self, who: int, whom: int, milliseconds: int) -> None:
        call = when_called(self.customers[who], self.operators[whom])
        when_talked(call, milliseconds)
        self.calls.append(call)
        self.references.append(call.call_id)

    def do_text(self, who: int, whom: int) -> None:
        sent = send(customer=self.customers[who], operator_id=self.operators[whom].pk, text="Hello")
        self.references.append(sent.message.message_id)

    def do_refund(self, which: int, amount: int | None, claws_back: bool) -> None:
        if self.references:
            refund_reference(
                reference=self.references[which % len(self.references)], amount_minor=amount, reason="a story",
                actor=None, claws_back=claws_back, idempotency_key=f"story-{next(self.numbers)}",
            )  # fmt: skip

    def do_correct(self, which: int, milliseconds: int) -> None:
        if self.calls:
            authorization = the_authorization(self.calls[which % len(self.calls)])
            adjust_settlement(authorization_id=authorization.pk, joined_ms=milliseconds)

    def do_payout(self, whom: int, amount: int) -> None:
        staff = StaffFactory(is_superuser=True)
        record_payout(
            operator=self.operators[whom], amount_minor=amount, reason="a story", actor=staff,
            idempotency_key=f"payout-{next(self.numbers)}", is_early=True,
        )  # fmt: skip

    def do_charge_back(self, which: int, amount: int) -> None:
        if self.payments:
            payment = self.payments[which % len(self.payments)]
            self.processor.add(payment, charged_back_minor=amount)
            check_payment(payment_id=payment.pk)

    def do_statement(self, fee: int) -> None:
        if self.payments:
            payment, number = self.payments[-1], next(self.numbers)
            gross, kept = Decimal(payment.amount_minor) / 100, Decimal(fee) / 100
            row = f"n{number},sale,T-{payment.pk},,{gross},{kept},USD,2026-03-01"
            read_statement(gateway_name=NAME, name="x", data=stated(row), actor=None)

    def do_night(self) -> None:
        """All that was booked since the last night is of the next day."""
        at = datetime.combine(FIRST + timedelta(days=min(self.days, DAYS)), datetime.min.time(), BOOKS_ZONE)
        with as_owner_past_guards() as cursor:
            cursor.execute(
                "UPDATE ledger_transaction SET created_at = %s WHERE id > %s",
                [at + timedelta(hours=13), self.booked],
            )
            cursor.execute(
                "UPDATE telephony_call SET ended_at = %(at)s + interval '140.5 s', customer_answered_at = %(at)s,"
                " operator_answered_at = %(at)s + interval '7 s' WHERE ended_at > now() - interval '1 day'",
                {"at": at + timedelta(hours=12)},
            )
        recount_quarter_hours()
        self.booked = Transaction.objects.order_by("-id").values_list("id", flat=True).first() or 0
        self.days += 1

    # -- what is compared

    def compare_operators(self) -> None:
        for operator in self.operators:
            recount = _rows(
                "SELECT e.amount_minor, t.kind = 'payout' FROM ledger_entry e"
                " JOIN ledger_account a ON a.id = e.account_id JOIN ledger_transaction t ON t.id = e.transaction_id"
                " WHERE a.kind = 'payable' AND a.operator_id = %s ORDER BY e.id DESC",
                operator.pk,
            )
            entries = entries_of(operator, LedgerFilters())
            assert [line.earned_minor for line in all_lines(entries)] == [minor for minor, _ in recount]
            sums = sums_of(operator, LedgerFilters())
            assert sums.earned_minor == sum(minor for minor, is_payout in recount if not is_payout)
            assert sums.paid_out_minor == -sum(minor for minor, is_payout in recount if is_payout)
            owed = self.desk.get(f"/backoffice/operators/{operator.pk}/").context["owed_minor"]
            assert owed == sum(minor for minor, _ in recount)

    def compare_customers(self) -> None:
        for customer in self.customers:
            [(balance, promo)] = _rows(
                "SELECT coalesce(sum(e.amount_minor), 0)::bigint, coalesce(sum(e.promo_minor), 0)::bigint FROM ledger_entry e"
                " JOIN ledger_account a ON a.id = e.account_id WHERE a.kind = 'wallet' AND a.customer_id = %s",
                customer.pk,
            )
            listed = _rows(
                "SELECT id, amount_minor FROM ledger_transaction WHERE customer_id = %s ORDER BY id DESC LIMIT 20",
                customer.pk,
            )
            page = self.desk.get(f"/backoffice/customers/{customer.pk}/").context
            assert (page["wallet"].balance_minor, page["wallet"].promo_minor) == (balance, promo)
            assert [(row.pk, row.amount_minor) for row in page["transactions"]] == listed

    def compare_revenue(self) -> None:
        for month, following in ((date(2026, 2, 1), date(2026, 3, 1)), (date(2026, 3, 1), date(2026, 4, 1))):
            recount = _rows(
                REVENUE, {"start": month, "end": following, **TRUNK, "bps": FEE_BPS, "fixed": FIXED_MINOR}
            )
            found = sorted(
                (
                    row.operator, row.paid_minor, row.tax_minor, row.operator_minor, row.platform_minor, row.promo_minor,
                    row.uncollected_minor, row.fees_minor, row.trunk_minor, row.margin_minor,
                )
                for row in revenue(month)
            )  # fmt: skip
            assert found == sorted(recount)

    def compare_days(self) -> None:
        last = FIRST + timedelta(days=DAYS)
        before = {day: trial_balance_of(day).rows for day in (FIRST, FIRST + timedelta(days=2), last)}
        seal_ledger()
        assert close_days(at=datetime(2026, 3, 5, 9, tzinfo=BOOKS_ZONE)) == DAYS + 1
        for n in range(DAYS + 1):
            day = FIRST + timedelta(days=n)
            balance = trial_balance_of(day)
            assert balance.close is not None
            assert balance.total_minor == 0
            recount = {(kind, name): tuple(rest) for kind, name, *rest in _rows(BALANCES, {"day": day})}
            found = {
                (row.kind, row.name): (
                    row.opening_minor,
                    row.debits_minor,
                    row.credits_minor,
                    row.closing_minor,
                )
                for row in balance.rows
            }
            assert found == recount
            if day in before:
                assert balance.rows == before[day], "closed as it was shown before"
        checks = (*closes.CHECKS, *statements.CHECKS)
        assert [one for check in checks for one in check(scope_since(None))] == []

    def compare_journal(self) -> None:
        """From the CSV alone: what customers paid in sales is sale + tax, and whose that is."""
        answer = self.desk.get("/backoffice/journal.csv", {"from": "2026-02-01", "to": "2026-03-31"})
        lines = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))  # type: ignore[attr-defined]
        assert len(lines) == _rows("SELECT count(*) FROM ledger_entry")[0][0]
        moved: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
        for line in lines:
            moved[line["transaction"]][line["account"]] += Decimal(line["amount"])
        assert all(sum(accounts.values()) == 0 for accounts in moved.values())
        for line in lines:
            if line["kind"] in ("call", "connect_fee", "message", "tip"):
                accounts = moved[line["transaction"]]
                sale, tax = Decimal(line["transaction_amount"]), accounts["tax"]
                operator, platform = Decimal(line["operator_share"]), Decimal(line["platform_share"])
                assert -accounts["wallet"] == sale + tax == operator + platform + tax
                assert (accounts["payable"], accounts["revenue"]) == (operator, platform)
        owed = sum(accounts["tax"] for accounts in moved.values())
        [(tax_owed,)] = _rows(
            "SELECT coalesce(sum(e.amount_minor), 0)::bigint FROM ledger_entry e"
            " JOIN ledger_account a ON a.id = e.account_id AND a.kind = 'tax'"
        )
        assert 100 * owed == tax_owed


def _rows(query: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters[0] if parameters and isinstance(parameters[0], dict) else parameters)
        return cursor.fetchall()
