"""Revenue by brand, operator, and month: from the CSV alone sale + tax = operator + platform + tax owed, and as the books say."""

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client

from backoffice.revenue import following, month_of, revenue
from backoffice.trial_balance import balances
from billing.services.credit_wallet import credit_wallet
from billing.services.refund import refund_reference
from billing.states import CreditSource
from tests.factories import StaffFactory
from tests.scenario import (
    given_customer,
    given_free_minutes,
    given_operator,
    logged_in,
    when_called,
    when_talked,
)

pytestmark = pytest.mark.django_db
ADMIN = "admin.localhost"


@pytest.fixture
def desk() -> Client:
    return logged_in(StaffFactory(is_superuser=True), ADMIN)


def given_a_month() -> None:
    """Calls with two operators, one partly refunded, one paid by free minutes."""
    sarah, mira = (
        given_operator(stage_name="Sarah"),
        given_operator(stage_name="=Mira", rate="2.99", share_bps=7500),
    )
    customer = given_customer(balance="100.00")
    call = when_called(customer, sarah)
    when_talked(call, 200_000)
    refund_reference(reference=call.call_id, amount_minor=333, reason="test", actor=None, idempotency_key="r")
    when_talked(when_called(customer, mira), 61_000)
    guest = given_customer(balance="10.00")
    given_free_minutes(guest, 5)
    when_talked(when_called(guest, sarah), 100_000)


def recounted() -> dict[str, int]:
    """The totals of the accounts concerned, counted by another statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.kind, sum(e.amount_minor)::bigint FROM ledger_entry e"
            " JOIN ledger_account a ON a.id = e.account_id"
            " WHERE a.kind IN ('payable', 'revenue', 'tax', 'promo') GROUP BY a.kind"
        )
        return dict(cursor.fetchall())


def test_the_csv_alone_adds_up_and_is_what_the_books_hold(desk: Client) -> None:
    given_a_month()
    answer = desk.get("/backoffice/revenue.csv")
    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    rows: list[dict[str, Any]] = list(csv.DictReader(io.StringIO(text)))
    assert [row["operator"] for row in rows] == ["Sarah", "'=Mira"]
    for row in rows:
        amounts = {
            name: Decimal(row[name]) for name in row if name not in ("month", "brand", "operator", "currency")
        }
        paid = (
            amounts["paid_by_customers"] + amounts["free_minutes_paid_by_platform"] + amounts["uncollected"]
        )
        assert paid == amounts["tax"] + amounts["operator_share"] + amounts["platform_share"]
    books = recounted()
    assert 100 * sum(Decimal(row["operator_share"]) for row in rows) == books["payable"]
    assert 100 * sum(Decimal(row["platform_share"]) for row in rows) == books["revenue"]
    assert 100 * sum(Decimal(row["free_minutes_paid_by_platform"]) for row in rows) == -books["promo"]


def test_a_month_is_one_of_new_york(desk: Client) -> None:
    with time_machine.travel(datetime(2026, 12, 1, 4, 30, tzinfo=UTC)):
        given_a_month()  # half past eleven in the evening of the last day of November
    assert len(revenue(date(2026, 11, 1))) == 2
    assert revenue(date(2026, 12, 1)) == revenue(date(2026, 10, 1)) == []
    page = desk.get("/backoffice/revenue/", {"month": "2026-11"}).content.decode()
    assert "Sarah" in page
    assert "Nothing was sold" in desk.get("/backoffice/revenue/", {"month": "2020-01"}).content.decode()


@pytest.mark.parametrize("text", [None, "", "x", "2026-13", "20261", "2026-11-05", "\x00"])
def test_what_is_no_month_is_the_current_one(text: str | None) -> None:
    assert month_of(text, date(2026, 11, 29)) == date(2026, 11, 1)


def test_december_is_followed_by_january() -> None:
    assert (following(date(2026, 12, 1)), following(date(2026, 1, 1))) == (date(2027, 1, 1), date(2026, 2, 1))


def test_support_does_not_see_it() -> None:
    assert logged_in(StaffFactory(is_superuser=False), ADMIN).get("/backoffice/revenue/").status_code == 403


def test_a_trial_balance_tells_paid_and_promotional_money_of_customers_apart(desk: Client) -> None:
    given_a_month()
    customer = given_customer(balance="10.00")
    credit_wallet(
        customer=customer,
        amount_minor=700,
        source=CreditSource.PROMO,
        reason="gift",
        actor=None,
        idempotency_key="p",
    )
    rows = balances(date(2100, 1, 1))
    wallets = {row.name: row.closing_minor for row in rows if "wallet" in row.kind}
    assert set(wallets) == {"paid", "promotional"}
    assert wallets["promotional"] == 700
    assert sum(row.closing_minor for row in rows) == 0
