"""Revenue by brand, operator, and month: from the CSV alone sale + tax = operator + platform + tax owed, and as the books say."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from backoffice import journal
from backoffice.margin import Margin, margin_of_call
from backoffice.revenue import following, month_of, revenue
from backoffice.trial_balance import trial_balance_of
from billing.ledger.models import Entry, Transaction
from billing.models import Difference, MerchantAccount
from billing.services.close_days import close_days
from billing.services.credit_wallet import credit_wallet
from billing.services.read_statement import read_statement
from billing.services.refund import refund_reference
from billing.services.seal_ledger import seal_ledger
from billing.states import CreditSource
from core import clock
from core.days import BOOKS_ZONE
from telephony.models import Call
from tests.billing.test_statements import stated
from tests.factories import StaffFactory
from tests.scenario import (
    given_customer,
    given_free_minutes,
    given_operator,
    logged_in,
    tell,
    when_called,
    when_talked,
)
from tests.support.card_processor import NAME, Processor, given_paid
from tests.support.html import compact
from tests.support.ledger_clock import it_is, make_settable

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
    make_settable()
    with it_is(datetime(2026, 12, 1, 4, 30, tzinfo=UTC)):
        given_a_month()  # half past eleven in the evening of the last day of November
    assert len(revenue(date(2026, 11, 1))) == 2
    assert revenue(date(2026, 12, 1)) == revenue(date(2026, 10, 1)) == []
    page = desk.get("/backoffice/revenue/", {"month": "2026-11"}).content.decode()
    assert "Sarah" in page
    assert "No sales this month" in desk.get("/backoffice/revenue/", {"month": "2020-01"}).content.decode()


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
    rows = trial_balance_of(date(2100, 1, 1)).rows
    wallets = {row.name: row.closing_minor for row in rows if row.kind == "wallet"}
    assert set(wallets) == {"paid", "promotional"}
    assert wallets["promotional"] == 700
    assert sum(row.closing_minor for row in rows) == 0


def test_a_closed_day_shows_what_was_frozen_and_how_many_differences_were_open(desk: Client) -> None:
    given_a_month()
    seal_ledger()
    today = clock.now().astimezone(BOOKS_ZONE).date()
    address, day = "/backoffice/trial-balance/", {"day": today.isoformat()}
    assert "isn’t closed" in desk.get(address, day).content.decode()
    Difference.objects.create(
        gateway="memory", kind="unknown", stated="sale", ours_minor=0, theirs_minor=5, currency="USD",
        opened_at=clock.now(),
    )  # fmt: skip
    before = csv_rows(desk.get("/backoffice/trial-balance.csv", day))
    close_days(at=clock.now() + timedelta(days=1, hours=12))  # a day is closed some time after its end
    page = compact(desk.get(address, day))
    assert "1 difference with statements of processors was open" in page
    after = csv_rows(desk.get("/backoffice/trial-balance.csv", day))
    assert {row.pop("state") for row in before} == {"open"}
    assert {row.pop("state") for row in after} == {"closed"}
    assert before == after
    given_customer(balance="9.00")  # too late
    assert [row["closing"] for row in csv_rows(desk.get("/backoffice/trial-balance.csv", day))] == [
        row["closing"] for row in after
    ]


def test_the_journal_of_a_period_comes_in_pieces_and_whole(
    desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    given_a_month()
    today = clock.now().astimezone(BOOKS_ZONE).date()
    period = {"from": (today - timedelta(days=3)).isoformat(), "to": today.isoformat()}
    whole = csv_rows(desk.get("/backoffice/journal.csv", period))
    monkeypatch.setattr(journal, "CHUNK", 2)
    assert csv_rows(desk.get("/backoffice/journal.csv", period)) == whole
    assert len(whole) == Entry.objects.count()
    assert csv_rows(desk.get("/backoffice/journal.csv", {"day": "2020-01-01"})) == []
    assert desk.get("/backoffice/journal.csv", {"from": "2026-03-02", "to": "2026-03-01"}).status_code == 400


def csv_rows(answer: Any) -> list[dict[str, Any]]:
    return list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))


def test_margin_is_what_remains_after_processor_promotion_and_trunk(
    desk: Client, settings: Any, processor: Processor
) -> None:
    settings.BILLING = settings.BILLING | {
        "TRUNK": {"CUSTOMER_LEG_MILLIONTHS": 9_000, "OPERATOR_LEG_MILLIONTHS": 12_000}
    }
    customer = given_customer(balance=0)
    payment = given_paid(processor, customer, 5000)
    call = when_called(customer, given_operator(stage_name="Sarah"))
    start = call.initiated_at
    when_talked(call, 127_000)
    Call.objects.update(
        customer_answered_at=start, operator_answered_at=start + timedelta(seconds=5),
        ended_at=start + timedelta(seconds=140, milliseconds=1),
    )  # fmt: skip
    MerchantAccount.objects.update(
        fee_bps=1000, fee_fixed_minor=50
    )  # 10% and 50 cents of a payment of $50: 11%
    legs = (141 * 9_000 + 136 * 12_000 + 300_000) // 600_000
    assert margin_of_call(Call.objects.get()) == Margin(259, 0, 0, 143, legs)  # 12.96 paid: 1.4256
    [row] = revenue(clock.now().astimezone(BOOKS_ZONE).date().replace(day=1))
    assert (row.fees_minor, row.trunk_minor, row.margin_minor) == (143, legs, 259 - 143 - legs)
    read_statement(
        gateway_name=NAME, name="x", actor=None,
        data=stated(f"s1,sale,{payment.processor_reference},,50.00,10.00,USD,2026-03-02"),
    )  # fmt: skip
    assert margin_of_call(Call.objects.get()).fees_minor == 259  # 20% by the statement
    number = Transaction.objects.get(kind="call").pk
    page = compact(desk.get(f"/backoffice/transactions/{number}/"))
    assert "<dt>Card processor, estimated</dt><dd>$2.59</dd>" in page.replace("> <", "><")
    assert (
        "processor_fees,trunk,margin"
        in b"".join(
            desk.get("/backoffice/revenue.csv").streaming_content  # type: ignore[attr-defined]
        ).decode()
    )


def test_a_call_that_nobody_joined_costs_the_trunk(desk: Client, settings: Any) -> None:
    settings.BILLING = settings.BILLING | {
        "TRUNK": {"CUSTOMER_LEG_MILLIONTHS": 90_000, "OPERATOR_LEG_MILLIONTHS": 0}
    }
    call = when_called(given_customer(balance="45.00"), given_operator(stage_name="Sarah"))
    tell(call, "no_answer", at=30, why="operator_no_answer", leg="operator")
    Call.objects.update(
        customer_answered_at=call.initiated_at, ended_at=call.initiated_at + timedelta(seconds=60)
    )
    [row] = revenue(clock.now().astimezone(BOOKS_ZONE).date().replace(day=1))
    assert (row.operator, row.paid_minor, row.trunk_minor, row.margin_minor) == ("Sarah", 0, 9, -9)
