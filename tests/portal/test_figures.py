"""Every figure an operator sees equals a recount of the ledger: overlapping calls, texts, refunds, gifts, DST days.

The recount reads raw rows and does days with Python's zoneinfo; the product's own figures come out of SQL roll-ups.
"""

import csv
from collections import defaultdict
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.ledger.models import Entry, Transaction
from billing.ledger.states import SALES, AccountKind
from billing.models import Authorization
from billing.services.refund import refund_transaction
from billing.states import FundedBy
from brands.models import Brand
from core.errors import DomainError
from customers.models import Customer
from messaging.models import ChatSession, Message
from messaging.services.send import send
from operators.models import Operator, OperatorDay
from operators.statistics import Figures
from telephony.models import Call
from telephony.services.handle_event import handle_event
from telephony.services.initiate import create_call
from telephony.states import EventState
from tests.factories import BrandFactory
from tests.scenario import (
    assert_books_are_whole,
    earned,
    event_of,
    given_customer,
    given_free_minutes,
    given_operator,
    logged_in,
    when_called,
    when_talked,
)
from tests.support.database_owner import as_owner, as_owner_past_guards, recount_quarter_hours
from tests.support.ledger_clock import it_is

pytestmark = pytest.mark.django_db

ZONES = ("America/New_York", "Europe/Berlin", "Pacific/Auckland")
# The evening before the clocks go forward in New York, and before they go back; both stories run over three days.
EVENINGS = (datetime(2026, 3, 7, 22, tzinfo=UTC), datetime(2026, 10, 31, 22, tzinfo=UTC))


class Story:
    """Three operators in three zones, three customers, two brands; what a random evening makes of them."""

    def __init__(self, random: Random, begins: datetime) -> None:
        self.random, self.at = random, begins
        self.brands: list[Brand] = [BrandFactory(), BrandFactory(slug="nycflirts", caller_id="+12125550111")]
        self.operators = [given_operator(brands=self.brands, share_bps=share) for share in (8000, 7500, 8333)]
        for operator, zone in zip(self.operators, ZONES, strict=True):
            operator.user.time_zone = zone
            operator.user.save()
        self.customers = [given_customer(balance="900.00") for _ in range(3)]
        self.running: list[Call] = []

    def step(self) -> None:
        self.at += timedelta(minutes=self.random.randrange(0, 100), seconds=self.random.randrange(60))
        operator, customer = self.random.choice(self.operators), self.random.choice(self.customers)
        brand = self.random.choice(self.brands)
        with it_is(self.at):
            verbs = (self.call, self.call, self.end, self.end, self.text, self.refund, self.gift)
            # Busy, refunded already, out of money: the service says so, and nothing may have moved.
            with suppress(DomainError), transaction.atomic():
                self.random.choice(verbs)(operator, customer, brand)

    def call(self, operator: Operator, customer: Customer, brand: Brand) -> None:
        call, _ = create_call(customer=customer, operator_id=operator.pk, brand=brand)
        self.running.append(call)

    def end(self, *_: Any) -> None:
        if not self.running:
            return
        call = self.running.pop(self.random.randrange(len(self.running)))
        joined_ms = self.random.randrange(1, 181_000)
        after = (self.at - call.initiated_at).total_seconds()
        handle_event(
            event_of(
                call, EventState.ENDED, at=after, why="hangup", ended_by="customer", joined_ms=str(joined_ms)
            )
        )

    def text(self, operator: Operator, customer: Customer, brand: Brand) -> None:
        send(customer=customer, operator_id=operator.pk, text="Are you there?", brand=brand)

    def refund(self, *_: Any) -> None:
        sales = list(Transaction.objects.filter(kind__in=SALES, operator__in=self.operators).order_by("id"))
        if not sales:
            return
        sale = self.random.choice(sales)
        refund_transaction(
            transaction_id=sale.pk,
            amount_minor=self.random.choice((None, self.random.randrange(1, 300))),
            reason="a story",
            claws_back=self.random.random() < 0.7,
            actor=None,
            idempotency_key=f"story-{self.random.getrandbits(60)}",
        )

    def gift(self, operator: Operator, customer: Customer, brand: Brand) -> None:
        funded_by = self.random.choice((FundedBy.PLATFORM, FundedBy.OPERATOR))
        given_free_minutes(customer, self.random.randrange(1, 4), operator=operator, funded_by=funded_by)


def recount(operator: Operator) -> dict[tuple[date, int | None], Figures]:
    """By day and brand, from raw rows."""
    zone = ZoneInfo(operator.user.time_zone)
    found: defaultdict[tuple[date, int | None], Figures] = defaultdict(Figures)

    def on(at: datetime, brand_id: int | None) -> Figures:
        return found[at.astimezone(zone).date(), brand_id]

    mine = Entry.objects.filter(account__kind=AccountKind.PAYABLE, account__operator=operator)
    for entry in mine.select_related("transaction"):
        on(entry.transaction.created_at, entry.transaction.brand_id).earned_minor += entry.amount_minor
    for row in Authorization.objects.filter(operator=operator, state="settled"):
        assert row.settled_at is not None
        figures = on(row.settled_at, row.brand_id)
        figures.calls += 1
        figures.seconds += row.charged_seconds
    brands = dict(Transaction.objects.filter(kind="message").values_list("reference", "brand_id"))
    for message in Message.objects.filter(conversation__operator=operator, sender_type="customer"):
        on(message.created_at, brands[message.message_id]).messages += 1
    return {key: figures for key, figures in found.items() if figures != Figures()}


def rolled_up(operator: Operator) -> dict[tuple[date, int | None], Figures]:
    days: dict[tuple[date, int | None], Figures] = {}
    for row in OperatorDay.objects.filter(operator=operator):
        figures = Figures(row.calls, row.seconds, 0, row.messages, row.earned_minor)
        if figures != Figures():
            days[row.day, row.brand_id] = figures
    return days


def page_of(operator: Operator) -> Client:
    return logged_in(operator.user, "portal.localhost")


@pytest.mark.slow
@pytest.mark.parametrize("evening", EVENINGS, ids=["forward", "back"])
@settings(
    max_examples=2,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(random=st.randoms(use_true_random=False))
def test_every_figure_is_the_recount_of_the_ledger(
    settable_ledger_clock: None, evening: datetime, random: Random
) -> None:
    story = Story(random, evening)
    for _ in range(30):
        story.step()
    with it_is(story.at):
        while story.running:
            story.end()
        for operator in story.operators:
            expected = recount(operator)
            assert rolled_up(operator) == expected
            assert_pages_agree(operator, expected, story.at)
    assert_books_are_whole()


def assert_pages_agree(
    operator: Operator, expected: dict[tuple[date, int | None], Figures], at: datetime
) -> None:
    page, total = page_of(operator), sum(figures.earned_minor for figures in expected.values())
    today = at.astimezone(ZoneInfo(operator.user.time_zone)).date()
    shown = page.get("/dashboard/").context["figures"]

    def since(first: date) -> int:
        return sum(figures.earned_minor for (day, _), figures in expected.items() if day >= first)

    assert shown.everywhere.today.earned_minor == since(today)
    assert shown.everywhere.week.earned_minor == since(today - timedelta(days=today.weekday()))
    assert shown.everywhere.month.earned_minor == since(today.replace(day=1))
    assert sum(column.month.earned_minor for column in shown.brands) == since(today.replace(day=1))
    assert sum(figures.calls for _, figures in shown.days) == sum(f.calls for f in expected.values())
    chats = ChatSession.objects.filter(conversation__operator=operator).count()
    assert sum(figures.chats for _, figures in shown.days) == chats
    assert page.get("/").context["today"]["earned_minor"] == since(today)

    statement = page.get("/statement/").context
    assert statement["earned_minor"] == statement["balance"].owed_minor == total == earned(operator)
    rows = csv.reader(b"".join(page.get("/statement.csv").streaming_content).decode().splitlines())  # type: ignore[attr-defined]
    assert sum(Decimal(row[9]) for row in list(rows)[1:]) * 100 == total
    for day in {day for day, _ in expected}:
        of_day = page.get("/statement/", {"from": day.isoformat(), "to": day.isoformat()}).context
        on_day = sum(figures.earned_minor for (d, _), figures in expected.items() if d == day)
        assert of_day["earned_minor"] == on_day
        assert {shown.on: shown.earned_minor for shown in of_day["days"]} in ({day: on_day}, {})
    shown_days = page.get("/statement/?print=1").context["days"]
    assert sum(row.amount_minor for day in shown_days for row in day.rows) == total
    for day in shown_days:
        on_day = sum(figures.earned_minor for (d, _), figures in expected.items() if d == day.on)
        assert day.earned_minor == sum(row.amount_minor for row in day.rows) == on_day


_MANY = """
INSERT INTO customers_customer (id, user_id, alias, home_brand_id, adult_access_basis, mails_receipts)
SELECT %(base)s + n, %(base)s + n, 'Amber Heron ' || n, %(brand)s, 'card', false FROM generate_series(1, %(count)s) AS n;
INSERT INTO operators_interaction (customer_id, operator_id, calls, chats, messages, seconds, last_at)
SELECT %(base)s + n, %(operator)s, 1, 0, 0, 60, now() - n * interval '1 second' FROM generate_series(1, %(count)s) AS n;
INSERT INTO operators_brandcontact (operator_id, brand_id, customer_id, contacts)
SELECT %(operator)s, %(brand)s, %(base)s + n, 1 FROM generate_series(1, %(count)s) AS n;
INSERT INTO ledger_transaction (id, kind, idempotency_key, fingerprint, customer_id, operator_id, brand_id, reference,
    currency, amount_minor, operator_minor, platform_minor, seconds, rate_minor, description, reason)
SELECT %(base)s + n, 'call', 'many-' || (%(base)s + n), '', %(base)s + n, %(operator)s, %(brand)s, 'call_' || (%(base)s + n), 'USD', 399, 319, 80,
    60, 399, '', '' FROM generate_series(1, %(count)s) AS n;
INSERT INTO ledger_entry (transaction_id, account_id, amount_minor)
SELECT %(base)s + n, %(payable)s, 319 FROM generate_series(1, %(count)s) AS n;
"""


def a_busy_past(operator: Operator, count: int, base: int) -> None:
    """So many calls in the books at once, written past the guards: what counts here is how pages read them."""
    when_talked(when_called(given_customer(), operator), 59_000)
    payable = operator.accounts.get().pk
    told = {
        "base": base,
        "count": count,
        "operator": operator.pk,
        "brand": BrandFactory().pk,
        "payable": payable,
    }
    with as_owner_past_guards() as cursor:
        for statement in _MANY.strip().split(";\n"):
            cursor.execute(statement, told)
    recount_quarter_hours()
    with as_owner() as cursor:
        cursor.execute(
            "ANALYZE ledger_accountquarterhour, ledger_entry, ledger_transaction, operators_interaction, operators_brandcontact"
        )


@pytest.mark.slow
def test_pages_ask_as_much_with_a_hundred_transactions_as_with_a_hundred_thousand() -> None:
    few, many = given_operator(), given_operator()
    page, crowded = page_of(few), page_of(many)
    a_busy_past(few, 100, base=1_000_000)
    a_busy_past(many, 100_000, base=5_000_000)
    for address in ("/", "/dashboard/", "/statement/", "/customers/", "/ratings/", "/messages/"):
        for client in (page, crowded):
            client.get(address)  # hosts and pauses are kept for seconds, and may be read anew below
        with connection.execute_wrapper(few_asked := Counting()):
            assert page.get(address).status_code == 200
        with connection.execute_wrapper(many_asked := Counting()):
            assert crowded.get(address).status_code == 200
        assert abs(many_asked.count - few_asked.count) <= 2, address


class Counting:
    """Counts statements."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        self.count += 1
        return execute(sql, params, many, context)
