"""The statement by day and thing: rows, sums of days, CSV, and balance are one figure; no call is torn; days follow the clock."""

import csv
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from billing.ledger.models import Entry
from billing.ledger.states import EARNS_NOTHING, AccountKind
from billing.models import Authorization
from billing.services.adjust_settlement import adjust_settlement
from billing.services.record_payout import record_payout
from billing.services.refund import refund_reference
from billing.states import FundedBy
from core import clock
from customers.models import Customer
from messaging.services.send import send
from operators.models import Operator
from portal import statement_days
from portal.periods import periods
from portal.statement import StatementKind
from portal.statement_days import Day
from portal.statement_rows import Row
from telephony.models import Call
from telephony.services.tip_on_call import tip_on_call
from tests.billing.taxed import given_tax
from tests.factories import BrandFactory, StaffFactory
from tests.scenario import (
    given_customer,
    given_free_minutes,
    given_operator,
    given_referral,
    logged_in,
    when_called,
    when_talked,
)
from tests.support.html import compact
from tests.support.ledger_clock import it_is

pytestmark = pytest.mark.django_db
NEW_YORK = ZoneInfo("America/New_York")


@pytest.fixture
def operator() -> Operator:
    return given_operator(rate_per_message_minor=50)


@pytest.fixture
def page(operator: Operator) -> Client:
    return logged_in(operator.user, "portal.localhost")


def talked(customer: Customer, operator: Operator, milliseconds: int = 127_000) -> Call:
    call = when_called(customer, operator)
    when_talked(call, milliseconds)
    return call


def refunded(reference: str, amount_minor: int | None = None) -> None:
    refund_reference(
        reference=reference, amount_minor=amount_minor, reason="for a test", actor=None,
        idempotency_key=f"{reference}-{amount_minor}",
    )  # fmt: skip


def texted(customer: Customer, operator: Operator, count: int = 1) -> str:
    """The id of the last one."""
    sent = [send(customer=customer, operator_id=operator.pk, text="Are you there?") for _ in range(count)]
    return sent[-1].message.message_id


def an_evening(operator: Operator) -> None:
    """Some of everything: calls with and without free minutes, texts between them, tips, refunds, a correction, a payout."""
    anna, ben = given_customer(balance="300.00"), given_customer(balance="300.00", free_minutes=2)
    first = talked(anna, operator)
    texted(anna, operator, 3)
    given_free_minutes(anna, 1, operator=operator, funded_by=FundedBy.OPERATOR)
    second = talked(anna, operator, 170_000)
    texted(ben, operator, 2)
    third = talked(ben, operator, 200_000)
    last_text = texted(anna, operator)
    tip_on_call(
        customer=anna, call_id=first.call_id, brand=BrandFactory(), amount_minor=1000, idempotency_key="tip"
    )
    refunded(first.call_id)
    refunded(third.call_id, 150)
    refunded(last_text)
    adjust_settlement(
        authorization_id=Authorization.objects.get(reference=second.call_id).pk, joined_ms=30_000
    )
    adjust_settlement(
        authorization_id=Authorization.objects.get(reference=third.call_id).pk, joined_ms=60_000
    )
    record_payout(
        operator=operator,
        amount_minor=300,
        reason="bank 1",
        actor=StaffFactory(),
        idempotency_key="out",
        is_early=True,
    )


def days_of(page: Client, query: str = "") -> list[list[Day]]:
    """The days of each page, from the newest on."""
    pages, address = [], f"/statement/?{query}"
    while address:
        context = page.get(address).context
        pages.append(context["days"])
        address = context["older_url"] and f"/statement/{context['older_url']}"
    return pages


def rows_of(pages: list[list[Day]]) -> Iterator[Row]:
    return (row for days in pages for day in days for row in day.rows)


def mine(operator: Operator) -> list[Entry]:
    entries = Entry.objects.filter(account__kind=AccountKind.PAYABLE, account__operator=operator)
    return list(entries.select_related("transaction"))


def csv_of(page: Client, query: str = "") -> list[dict[str, str]]:
    answer: Any = page.get(f"/statement.csv?{query}")
    return list(csv.DictReader(b"".join(answer.streaming_content).decode().splitlines()))


def by_day(operator: Operator, zone: ZoneInfo) -> dict[date, int]:
    """What each day earned, from raw rows."""
    found: dict[date, int] = defaultdict(int)
    for entry in mine(operator):
        if entry.transaction.kind not in EARNS_NOTHING:
            found[entry.transaction.created_at.astimezone(zone).date()] += entry.amount_minor
    return found


@pytest.mark.parametrize("read", [100, 9, 5, 3, 1])
def test_rows_days_csv_and_balance_are_one_figure_however_pages_are_cut(
    page: Client, operator: Operator, monkeypatch: pytest.MonkeyPatch, read: int
) -> None:
    an_evening(operator)
    monkeypatch.setattr(statement_days, "READ_AT_MOST", read)
    pages = days_of(page)
    context = page.get("/statement/").context
    owed = context["balance"].owed_minor
    assert owed == sum(entry.amount_minor for entry in mine(operator))
    assert sum(row.amount_minor for row in rows_of(pages)) == owed
    assert sum(Decimal(line["earned"]) for line in csv_of(page)) * 100 == owed
    assert len(csv_of(page)) == len(mine(operator))
    assert context["earned_minor"] == owed + 300
    expected = by_day(operator, NEW_YORK)
    assert {(day.on, day.earned_minor) for days in pages for day in days} == set(expected.items())
    assert {day.paid_out_minor for days in pages for day in days} == {300}
    assert all(day.is_whole == (len(pages) == 1) for days in pages for day in days)
    if read >= 3:  # as many entries as a call has at most
        calls = [row.number for row in rows_of(pages) if row.kind == StatementKind.CALLS]
        assert len(calls) == len(set(calls)) == 3
        refunds = [row for row in rows_of(pages) if row.is_refund]
        assert len(refunds) == 3, "a refund of talk and fee is one row"


def test_each_entry_is_of_one_kind_and_each_kind_adds_up(page: Client, operator: Operator) -> None:
    an_evening(operator)
    everything = sum(entry.amount_minor for entry in mine(operator))
    of_kinds = {kind: list(rows_of(days_of(page, f"kind={kind}"))) for kind in StatementKind}
    assert sum(row.amount_minor for rows in of_kinds.values() for row in rows) == everything
    for kind, rows in of_kinds.items():
        assert {row.kind for row in rows} <= {kind}
        assert sum(Decimal(line["earned"]) for line in csv_of(page, f"kind={kind}")) * 100 == sum(
            row.amount_minor for row in rows
        )
    assert {kind for kind, rows in of_kinds.items() if not rows} == {StatementKind.BROUGHT_OVER}


def test_a_call_is_one_row_that_opens_to_fee_talk_free_minutes_share_tax_and_what_came_later(
    page: Client, operator: Operator
) -> None:
    given_tax()
    customer = given_customer(alias="Amber Heron 482", balance="90.00")
    given_free_minutes(customer, 2, operator=operator)
    given_free_minutes(customer, 1, operator=operator, funded_by=FundedBy.OPERATOR)
    call = talked(customer, operator, 290_000)  # five minutes, three of them free
    refunded(call.call_id, 454)
    refund, row = rows_of(days_of(page))
    assert (row.title, row.alias, row.detail, row.number) == (
        "Call",
        "Amber Heron 482",
        "5 min",
        call.call_id,
    )
    assert {(part.what, part.detail, part.paid_minor, part.earned_minor) for part in row.parts} == {
        ("Connection fee", "", 99, 79),
        ("Talk", "2 min at $3.99", 798, 638),
        ("Free minutes", "2 min, paid by the platform", None, 638),
        ("Free minutes", "1 min, from you", None, None),
    }
    assert row.amount_minor == 79 + 638 + 638
    assert row.share == "80%"
    assert row.tax_minor == 14 + 111  # 13.875 % of the fee and of the talk, beside what is shared
    assert (refund.amount_minor, refund.title) == (-319, "Refund of a call")
    assert refund.detail.startswith("call of ")
    [part] = refund.parts
    assert (part.paid_minor, part.earned_minor, refund.tax_minor) == (399, -319, 55)
    assert [(one.what, one.earned_minor) for one in row.later] == [("Refund of a call", -319)]
    assert row.net_minor == row.amount_minor - 319
    html = compact(page.get("/statement/"))
    assert html.count("<details") == 3  # the filters, and two rows
    assert "Customer got back" in html
    assert "-$3.19" in html


def test_texts_of_a_customer_on_a_day_are_one_row_whatever_came_between(
    page: Client, operator: Operator
) -> None:
    anna, ben = given_customer(alias="Amber Heron 482"), given_customer(alias="Cedar Lynx 217")
    texted(anna, operator, 2)
    texted(ben, operator)
    talked(ben, operator)
    texted(anna, operator)
    rows = [(row.title, row.alias, row.amount_minor) for row in rows_of(days_of(page))]
    assert rows == [
        ("3 texts", "Amber Heron 482", 120),
        ("Call", "Cedar Lynx 217", 1037),
        ("1 text", "Cedar Lynx 217", 40),
    ]


def test_the_csv_names_the_call_of_its_fee_talk_tip_and_refund(page: Client, operator: Operator) -> None:
    customer = given_customer(balance="90.00")
    call = talked(customer, operator)
    tip_on_call(
        customer=customer, call_id=call.call_id, brand=BrandFactory(), amount_minor=1000, idempotency_key="t"
    )
    refunded(call.call_id)
    texted(customer, operator)
    named = {(line["what"], line["call"]) for line in csv_of(page)}
    assert named == {
        ("Connection fee", call.call_id), ("Call", call.call_id), ("Tip", call.call_id), ("Refund of a call", call.call_id),
        ("Refund of a connection fee", call.call_id), ("Text", ""),
    }  # fmt: skip


# -- days


@pytest.mark.parametrize(
    ("first", "hours"), [(date(2026, 11, 1), 25), (date(2026, 3, 8), 23)], ids=["back", "forward"]
)
def test_days_are_right_across_a_clock_change(
    settable_ledger_clock: None, operator: Operator, page: Client, first: date, hours: int
) -> None:
    operator.user.time_zone = NEW_YORK.key
    operator.user.save()
    begins = datetime(first.year, first.month, first.day, tzinfo=NEW_YORK).astimezone(UTC)
    ends = begins + timedelta(hours=hours)
    assert ends.astimezone(NEW_YORK).date() == first + timedelta(days=1)
    with it_is(begins - timedelta(hours=2)):
        customer = given_customer(balance="90.00")
        texted(customer, operator)
    for at in (begins, begins + timedelta(minutes=90), ends - timedelta(seconds=1)):
        with it_is(at):
            texted(customer, operator)
    with it_is(ends):
        texted(customer, operator, 2)
    [days] = days_of(page)
    on_that_day = days_of(page, f"from={first}&to={first}")
    assert {day.on: day.earned_minor for day in days} == {
        first + timedelta(days=1): 80,
        first: 120,
        first - timedelta(days=1): 40,
    }
    assert [day.earned_minor for day in on_that_day[0]] == [120]


def test_a_day_that_goes_on_on_the_next_page_has_its_whole_sum_on_both(
    settable_ledger_clock: None, operator: Operator, page: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statement_days, "READ_AT_MOST", 4)
    noon = datetime(2026, 6, 1, 16, tzinfo=UTC)
    with it_is(noon):
        customers = [given_customer() for _ in range(6)]
    for number, customer in enumerate(customers):
        with it_is(noon + timedelta(hours=number)):
            texted(customer, operator)
    with it_is(noon + timedelta(days=1)):
        texted(customers[0], operator)
    pages = days_of(page)
    june = date(2026, 6, 1)
    assert [[(day.on, day.earned_minor, len(day.rows), day.is_whole) for day in days] for days in pages] == [
        [(june + timedelta(days=1), 40, 1, True), (june, 240, 3, False)],
        [(june, 240, 3, False)],
    ]


def test_a_page_ends_with_a_day_where_it_can() -> None:
    on = [date(2026, 6, 3)] * 2 + [date(2026, 6, 2)] * 2 + [date(2026, 6, 1)] * 5
    places = [(day, ("call", number)) for number, day in enumerate(on)]
    assert statement_days._cut(places, 6) == 4
    assert statement_days._cut(places, 8) == 8, "that day would leave too little on the page"
    assert statement_days._cut(places, 9) == 9


# -- presets


def test_the_days_that_have_names() -> None:
    named = {one.label: (one.since, one.until) for one in periods(date(2026, 3, 1))}  # a Sunday
    assert named == {
        "Today": (date(2026, 3, 1), date(2026, 3, 1)),
        "Yesterday": (date(2026, 2, 28), date(2026, 2, 28)),
        "This week": (date(2026, 2, 23), date(2026, 3, 1)),
        "Last week": (date(2026, 2, 16), date(2026, 2, 22)),
        "This month": (date(2026, 3, 1), date(2026, 3, 31)),
        "Last month": (date(2026, 2, 1), date(2026, 2, 28)),
    }
    assert periods(date(2026, 1, 1))[-1].since == date(2025, 12, 1)


def test_a_name_keeps_the_other_filters_and_drops_the_page(page: Client, operator: Operator) -> None:
    operator.user.time_zone = "Pacific/Auckland"
    operator.user.save()
    with clock.using(lambda: datetime(2026, 6, 1, 13, tzinfo=UTC)):  # June 2 there
        links = page.get("/statement/?kind=tip&brand=flirts&before=7&from=2026-06-02&to=2026-06-02").context
    queries = {link["label"]: parse_qs(str(link["query"])) for link in links["periods"]}
    assert queries["Yesterday"] == {
        "from": ["2026-06-01"], "to": ["2026-06-01"], "kind": ["tip"], "brand": ["flirts"],
    }  # fmt: skip
    assert [link["label"] for link in links["periods"] if link["is_current"]] == ["Today"]


def test_what_came_through_the_operators_link_says_so_on_the_page_and_in_the_csv(
    operator: Operator, page: Client
) -> None:
    Operator.objects.update(referral_share_bps=8500)
    guest, other = given_customer(), given_customer()
    given_referral(guest, operator)
    for customer in (guest, other):
        call = talked(customer, operator)
        texted(customer, operator)
        tip_on_call(
            customer=customer, call_id=call.call_id, brand=call.brand, amount_minor=500, idempotency_key="t"
        )
    html = compact(page.get("/statement/"))
    assert html.count("<dd>85% through your link</dd>") == 3  # the call, its tip, and the texts
    assert html.count("<dd>80%</dd>") == 3
    lines = csv_of(page)
    told = {(line["what"], line["share"], line["through_your_link"]) for line in lines}
    kinds = ("Call", "Connection fee", "Text", "Tip")
    assert told == {(what, "85%", "yes") for what in kinds} | {(what, "80%", "") for what in kinds}
