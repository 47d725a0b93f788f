"""Any history of a wallet: every figure of the activity page is what plain SQL over the ledger says."""

from collections.abc import Callable
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.activity import ActivityKind, Selection
from billing.models import FreeMinutesPackage
from billing.services.adjust_settlement import adjust_settlement
from billing.services.credit_wallet import credit_wallet
from billing.services.refund import refund_reference
from billing.states import CreditSource
from core.errors import DomainError
from messaging.services.send import send
from storefront.activity import Cursor, all_rows, page_of
from storefront.activity_rows import Row
from telephony.models import Call
from tests.scenario import (
    given_customer,
    given_free_minutes,
    given_operator,
    tell,
    the_authorization,
    wallet,
    when_called,
    when_talked,
)

pytestmark = pytest.mark.django_db
LONG = [pytest.mark.long, pytest.mark.timeout(900)]
NEW_YORK = ZoneInfo("America/New_York")

steps = st.lists(
    st.one_of(
        st.tuples(st.just("credit"), st.sampled_from(CreditSource), st.integers(1, 2_000)),
        st.tuples(st.just("gift"), st.integers(1, 3)),
        st.tuples(st.just("call"), st.integers(1_000, 200_000)),
        st.tuples(st.just("silence")),
        st.tuples(st.just("text")),
        st.tuples(st.just("refund"), st.integers(0, 9), st.one_of(st.none(), st.integers(1, 400))),
        st.tuples(st.just("correct"), st.integers(0, 9), st.integers(1_000, 170_000)),
    ),
    min_size=3,
    max_size=12,
)

# What the page must show, by another way: the things of a wallet, each its first and last entry, by how much it changed the
# balance, and the balance then.
RECOUNT = """
WITH entry AS (
    SELECT e.id, e.amount_minor, t.created_at, sum(e.amount_minor) OVER (ORDER BY e.id) AS balance,
           CASE WHEN t.kind IN ('call', 'connect_fee') THEN 'calls'
                WHEN t.kind = 'message' THEN 'texts'
                WHEN t.kind = 'top_up' THEN 'funds'
                WHEN t.kind = 'promo' THEN 'gifts'
                WHEN t.kind = 'refund' AND t.idempotency_key NOT LIKE 'refund-again%%' THEN 'refunds'
                ELSE 'corrections' END AS kind,
           CASE WHEN t.kind IN ('call', 'connect_fee') THEN t.reference
                WHEN t.kind = 'refund' AND t.idempotency_key LIKE 'refund:%%'
                    THEN t.reference || split_part(t.idempotency_key, ':', 2)
                WHEN t.kind IN ('refund', 'adjustment') AND t.reference <> '' THEN 'corrected ' || t.reference
                ELSE t.id::text END AS thing
      FROM ledger_entry e
      JOIN ledger_transaction t ON t.id = e.transaction_id
      JOIN ledger_account a ON a.id = e.account_id
     WHERE a.kind = 'wallet' AND a.customer_id = %s)
SELECT kind, sum(amount_minor)::bigint,
       (array_agg(balance ORDER BY id DESC))[1]::bigint, min(created_at), max(created_at)
  FROM entry GROUP BY kind, thing ORDER BY max(id) DESC
"""


@pytest.mark.slow
@pytest.mark.parametrize("stories", [15, pytest.param(150, marks=LONG)])
def test_every_figure_is_that_of_the_ledger(stories: int) -> None:
    @settings(max_examples=stories, suppress_health_check=[HealthCheck.too_slow], deadline=None)
    @given(steps, st.integers(1, 4), st.tuples(st.integers(0, 11), st.integers(0, 11)))
    def each(told: list[tuple[Any, ...]], page_size: int, days: tuple[int, int]) -> None:
        with transaction.atomic():
            _Teller().tell(told, page_size, days)
            transaction.set_rollback(True)

    each()


class _Teller:
    def __init__(self) -> None:
        self.customer = given_customer(balance="60.00")
        self.operator = given_operator(rate_per_message_minor=50)
        self.numbers = count()
        self.references: list[str] = []
        self.calls: list[Call] = []
        self.silences = 0

    def tell(self, told: list[tuple[Any, ...]], page_size: int, days: tuple[int, int]) -> None:
        for name, *arguments in told:
            act: Callable[..., None] = getattr(self, f"do_{name}")
            try:
                with transaction.atomic():
                    act(*arguments)
            except DomainError:  # no money, nothing left to refund, corrected before: nothing happened
                continue
        self.compare(page_size, days)

    def do_credit(self, source: CreditSource, amount: int) -> None:
        number = next(self.numbers)
        credit_wallet(
            customer=self.customer, amount_minor=amount, source=source, reason="a story", actor=None,
            idempotency_key=f"credit-{number}",
            payment_reference=f"payment {number}" if source == CreditSource.RECEIVED else "",
        )  # fmt: skip

    def do_gift(self, minutes: int) -> None:
        given_free_minutes(self.customer, minutes)

    def do_call(self, milliseconds: int) -> None:
        call = when_called(self.customer, self.operator)
        when_talked(call, milliseconds)
        self.calls.append(call)
        self.references.append(call.call_id)

    def do_silence(self) -> None:
        call = when_called(self.customer, self.operator)
        tell(call, "no_answer", at=30, why="operator_no_answer", leg="operator")
        self.silences += 1

    def do_text(self) -> None:
        message = send(customer=self.customer, operator_id=self.operator.pk, text="Hello").message
        self.references.append(message.message_id)

    def do_refund(self, which: int, amount: int | None) -> None:
        if self.references:
            refund_reference(
                reference=self.references[which % len(self.references)], amount_minor=amount,
                reason="a story", actor=None, idempotency_key=f"story-{next(self.numbers)}",
            )  # fmt: skip

    def do_correct(self, which: int, milliseconds: int) -> None:
        if self.calls:
            authorization = the_authorization(self.calls[which % len(self.calls)])
            adjust_settlement(authorization_id=authorization.pk, joined_ms=milliseconds)

    def compare(self, page_size: int, days: tuple[int, int]) -> None:
        with connection.cursor() as cursor:
            cursor.execute(RECOUNT, [self.customer.pk])
            recount = cursor.fetchall()
        rows = self.rows(Selection(self.customer.pk), page_size)
        assert rows == list(all_rows(Selection(self.customer.pk), NEW_YORK))
        moved = [row for row in rows if row.balance_minor is not None]
        assert [(row.kind, row.amount_minor, row.balance_minor) for row in moved] == [
            (kind, amount, balance) for kind, amount, balance, _, _ in recount
        ]
        assert sum(row.amount_minor or 0 for row in rows) == wallet(self.customer)[0]
        others = [row for row in rows if row.balance_minor is None]
        uncharged = [row for row in others if row.amount_minor == 0]
        assert (
            len(others) - len(uncharged) == FreeMinutesPackage.objects.filter(customer=self.customer).count()
        )
        assert len({row.number for row in rows}) == len(rows), "each has a number of its own"
        self.compare_kinds(rows, recount, page_size)
        self.compare_days(recount, page_size, days)

    def compare_kinds(self, rows: list[Row], recount: list[Any], page_size: int) -> None:
        """Each thing is of one kind, and a choice of it shows just those."""
        chosen = {kind: self.rows(Selection(self.customer.pk, kind), page_size) for kind in ActivityKind}
        assert sum(len(of_kind) for of_kind in chosen.values()) == len(rows)
        for kind, of_kind in chosen.items():
            assert [row.number for row in of_kind] == [row.number for row in rows if row.kind == kind]
            total = sum(amount for of, amount, *_ in recount if of == kind)
            assert sum(row.amount_minor or 0 for row in of_kind) == total

    def compare_days(self, recount: list[Any], page_size: int, days: tuple[int, int]) -> None:
        """From the beginning of one thing to that of another."""
        begin, end = sorted(recount[day % len(recount)][3] for day in days)
        selection = Selection(self.customer.pk, begin=begin, end=end)
        moved = [row for row in self.rows(selection, page_size) if row.balance_minor is not None]
        assert [(row.amount_minor, row.balance_minor) for row in moved] == [
            (amount, balance) for _, amount, balance, first, last in recount if first >= begin and last < end
        ]

    def rows(self, selection: Selection, page_size: int) -> list[Row]:
        """Page by page, as a reader turns them; the cursor travels in the address."""
        cursor, shown = Cursor(self.customer.pk), []
        for _ in range(200):
            page = page_of(selection, cursor, zone=NEW_YORK, limit=page_size)
            shown += page.rows
            if page.following is None:
                return shown
            cursor = Cursor.opened(page.following.sealed(), self.customer.pk)
        raise AssertionError("there is always another page")
