"""The daily close: each day's trial balance is frozen, chained, found if it is changed, and the same if it is made anew."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import Max

from billing.auditing import closes, scope_since
from billing.ledger.models import Transaction
from billing.models import DailyBalance, DailyClose, Difference
from billing.services.close_days import close_days
from billing.services.credit_wallet import credit_wallet
from billing.services.refund import refund_reference
from billing.services.seal_ledger import seal_ledger
from billing.states import CreditSource
from billing.trial_balance import BalanceRow, rows_from_entries
from core import clock
from core.days import BOOKS_ZONE
from tests.scenario import given_customer, given_operator, when_called, when_talked
from tests.support.database_owner import as_owner_past_guards, recount_quarter_hours

pytestmark = pytest.mark.django_db
SATURDAY, SUNDAY, MONDAY = date(2026, 3, 7), date(2026, 3, 8), date(2026, 3, 9)  # Sunday has 23 hours


@contextmanager
def booked_at(*when: int) -> Iterator[None]:
    """What is booked within is of this time in New York, in the books alone."""
    before = Transaction.objects.aggregate(last=Max("id"))["last"] or 0
    yield
    with as_owner_past_guards() as cursor:
        cursor.execute(
            "UPDATE ledger_transaction SET created_at = %s WHERE id > %s",
            [datetime(*when, tzinfo=BOOKS_ZONE), before],  # type: ignore[arg-type, misc]
        )
    recount_quarter_hours()


def given_days() -> None:
    """A call on Saturday night and a gift of the first minute of Sunday; nothing that Sunday, a refund on Monday."""
    with booked_at(2026, 3, 7, 23, 59):
        call = when_called(given_customer(balance="50.00"), given_operator())
        when_talked(call, 127_000)
    with booked_at(2026, 3, 8, 0, 0):
        credit_wallet(
            customer=call.customer, amount_minor=700, source=CreditSource.PROMO, reason="gift", actor=None,
            idempotency_key="p",
        )  # fmt: skip
    with booked_at(2026, 3, 10, 0, 30):
        refund_reference(
            reference=call.call_id, amount_minor=300, reason="x", actor=None, idempotency_key="r"
        )
    seal_ledger()


def close_until(*when: int) -> int:
    return close_days(at=datetime(*when, tzinfo=BOOKS_ZONE))  # type: ignore[arg-type, misc]


def frozen(day: date) -> dict[str, tuple[int, int, int, int]]:
    rows = DailyBalance.objects.filter(close__day=day)
    return {
        str(row): (row.opening_minor, row.debits_minor, row.credits_minor, row.closing_minor) for row in rows
    }


def violations() -> list[str]:
    return sorted({one.check for check in closes.CHECKS for one in check(scope_since(None))})


def test_each_day_opens_as_the_one_before_closed() -> None:
    given_days()
    assert close_until(2026, 3, 11, 9) == 4
    saturday, sunday, monday = frozen(SATURDAY), frozen(SUNDAY), frozen(MONDAY)
    assert saturday["wallet paid"] == (0, 1296, 5000, 3704)
    assert saturday["payable"] == (0, 0, 1037, 1037)
    assert sunday["wallet paid"] == (3704, 0, 0, 3704)
    assert sunday["wallet promotional"] == (0, 0, 700, 700)
    assert sunday["promo"] == (0, 700, 0, -700)
    assert monday["wallet promotional"] == (700, 0, 0, 700)
    assert sum(row[3] for row in monday.values()) == 0
    for close in DailyClose.objects.all():
        recounted = {row.label: row for row in map(_labeled, rows_from_entries(close.day))}
        for name, row in frozen(close.day).items():
            assert row[3] == recounted[name].closing_minor
    assert violations() == []
    recent = scope_since(datetime(2026, 3, 9, tzinfo=BOOKS_ZONE))
    assert [found for check in closes.CHECKS for found in check(recent)] == []


def _labeled(row: BalanceRow) -> Any:
    class Labeled:
        label = f"{row.kind} {row.name}".strip()
        closing_minor = row.closing_minor

    return Labeled


@pytest.mark.parametrize(("when", "closed"), [((2026, 3, 8, 0, 14), 0), ((2026, 3, 8, 0, 15), 1)])
def test_a_day_closes_a_quarter_of_an_hour_after_midnight_in_new_york(
    when: tuple[int, ...], closed: int
) -> None:
    given_days()
    assert close_until(*when) == closed


def test_nothing_unsealed_closes() -> None:
    with booked_at(2026, 3, 7, 12):
        given_customer(balance="5.00")
    assert close_until(2026, 3, 9) == 0
    seal_ledger()
    assert close_until(2026, 3, 9) == 1


def test_without_a_transaction_there_is_nothing_to_close() -> None:
    assert close_until(2026, 3, 9) == 0


def test_made_anew_it_is_the_same() -> None:
    given_days()
    close_until(2026, 3, 11, 9)
    before = list(DailyClose.objects.order_by("day").values_list("day", "digest"))
    with as_owner_past_guards() as cursor:
        cursor.execute("DELETE FROM billing_dailybalance")
        cursor.execute("DELETE FROM billing_dailyclose")
    close_until(2026, 3, 11, 9)
    assert list(DailyClose.objects.order_by("day").values_list("day", "digest")) == before


def test_a_day_with_open_differences_says_so() -> None:
    given_days()
    Difference.objects.create(
        gateway="memory", kind="unknown", stated="sale", ours_minor=0, theirs_minor=5, currency="USD",
        opened_at=clock.now(),
    )  # fmt: skip
    close_until(2026, 3, 8, 9)
    assert DailyClose.objects.get().open_differences == 1


_ANOTHER = (
    "INSERT INTO billing_dailyclose (day, transactions, last_transaction_id, seal_number, open_differences, previous,"
    " digest, closed_at) SELECT {}, digest, now() FROM billing_dailyclose"
)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE billing_dailybalance SET name = 'x'",
        "DELETE FROM billing_dailyclose",
        _ANOTHER.format("day + 2, 0, 0, 1, 0, digest"),
        _ANOTHER.format("day + 1, 0, 0, 1, 0, previous"),
    ],
)
def test_the_database_refuses_another_past(statement: str) -> None:
    given_days()
    close_until(2026, 3, 8, 9)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


PLANTED = {
    "UPDATE billing_dailybalance SET credits_minor = credits_minor + 1, closing_minor = closing_minor + 1"
    " WHERE kind = 'payable'": ["close_follows_the_one_before", "close_is_what_the_entries_say",
                                "close_opens_as_the_day_before_closed"],
    "UPDATE billing_dailyclose SET open_differences = 7": ["close_follows_the_one_before"],
    "UPDATE ledger_transaction SET created_at = created_at - interval '1 day' WHERE kind = 'promo'":
        ["close_is_what_the_entries_say"],
    "DELETE FROM billing_dailybalance WHERE kind = 'payable'": ["close_follows_the_one_before",
        "close_is_what_the_entries_say"],
    "UPDATE ledger_seal SET digest = previous": ["close_follows_the_one_before"],
}  # fmt: skip


@pytest.mark.parametrize("planted", PLANTED)
def test_a_changed_close_is_found(planted: str) -> None:
    given_days()
    close_until(2026, 3, 11, 9)
    assert violations() == []
    with as_owner_past_guards() as cursor:
        cursor.execute(planted)
        assert violations() == PLANTED[planted]


def test_a_day_takes_few_queries(django_assert_max_num_queries: Callable[[int], Any]) -> None:
    given_days()
    close_until(2026, 3, 8, 9)
    with django_assert_max_num_queries(18):
        assert close_until(2026, 3, 9, 9) == 1
