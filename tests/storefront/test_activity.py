"""The customer's activity: one list of everything, with a running balance, filters, CSV, print, and receipts."""

import csv
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.http import StreamingHttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from billing import activity as ledger_activity
from billing.ledger.models import Entry, Transaction
from billing.ledger.states import AccountKind
from billing.receipt_numbers import ReceiptOf, receipt_number
from billing.services.adjust_settlement import adjust_settlement
from billing.services.check_payment import check_payment
from billing.services.credit_wallet import credit_wallet
from billing.services.forfeit_promo import forfeit_promo
from billing.services.pay_back import pay_back, send_pay_back
from billing.services.refund import refund_reference
from billing.services.return_balance import return_balance
from billing.states import CreditSource
from core import clock
from core.money import format_money
from customers.models import Customer
from messaging.services.send import send
from operators.models import Operator
from telephony.models import Call
from telephony.services.tip_on_call import tip_on_call
from tests.factories import StaffFactory
from tests.scenario import (
    customer_client,
    given_customer,
    given_debit,
    given_free_minutes,
    given_operator,
    tell,
    the_authorization,
    wallet,
    when_called,
    when_talked,
)
from tests.support.card_processor import Processor, given_paid
from tests.support.database_owner import as_owner, recount_quarter_hours

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer() -> Customer:
    return given_customer(balance="45.00")


@pytest.fixture
def sarah() -> Operator:
    return given_operator(slug="sarah", stage_name="Sarah", rate_per_message_minor=50)


@pytest.fixture
def client(customer: Customer) -> Client:
    return customer_client(customer)


def talked(customer: Customer, operator: Operator, milliseconds: int = 192_000) -> Call:
    call = when_called(customer, operator)
    when_talked(call, milliseconds)
    return call


def credited(customer: Customer, amount_minor: int, source: CreditSource, reference: str = "") -> None:
    credit_wallet(
        customer=customer, amount_minor=amount_minor, source=source, reason="for a test", actor=None,
        idempotency_key=f"{source}-{amount_minor}", payment_reference=reference,
    )  # fmt: skip


def refunded(reference: str, amount_minor: int | None = None, key: str = "k") -> None:
    refund_reference(
        reference=reference, amount_minor=amount_minor, reason="bad line", actor=None, idempotency_key=key
    )


@contextmanager
def forged() -> Iterator[Any]:
    """Within: a cursor that may change the books, which the product refuses to do."""
    tables = ("ledger_transaction", "ledger_entry", "ledger_account")
    with as_owner() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for name in tables:
            cursor.execute(f"ALTER TABLE {name} DISABLE TRIGGER USER")
        yield cursor
        for name in tables:
            cursor.execute(f"ALTER TABLE {name} ENABLE TRIGGER USER")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    recount_quarter_hours()


Line = tuple[str, str, str, str]  # what, amount, detail, balance


def lines(client: Client, query: str = "") -> list[Line]:
    """The rows of a page as a person reads them."""
    html = client.get(f"/activity/{query}").content.decode()
    found = []
    for row in re.findall(r'<li class="row activity-row">(.*?)</li>', html, re.DOTALL):
        what, amount, detail, balance = (
            " ".join(re.sub("<[^>]*>", " ", part).split())
            for part in re.findall(r'<p class="activity-[^"]*">(.*?)</p>', row, re.DOTALL)
        )
        found.append((what, amount, re.sub(r"^.*?[AP]M ?(· )?", "", detail), balance))
    return found


def older(client: Client, query: str = "") -> str | None:
    """The address of the next page."""
    found = re.search(r'rel="next" href="([^"]+)"', client.get(f"/activity/{query}").content.decode())
    return found[1].replace("&amp;", "&") if found else None


def without_numbers(found: list[Line]) -> list[Line]:
    return [
        (what, amount, re.sub(r" ?[CFG]-\d+-\d\d$", "", detail), balance)
        for what, amount, detail, balance in found
    ]


def test_everything_that_happened_is_one_list_with_the_balance_after_each(
    client: Client, customer: Customer, sarah: Operator
) -> None:
    credited(customer, 2_000, CreditSource.RECEIVED, "ACH 48213")
    credited(customer, 500, CreditSource.PROMO)
    given_free_minutes(customer, 10, operator=sarah)
    sent = send(customer=customer, operator_id=sarah.pk, text="Hello").message
    call = talked(customer, sarah, 11 * 60_000 + 12_000)
    refunded(call.call_id)
    refunded(sent.message_id, 20)
    given_debit(customer, 100)
    day = f"{call.initiated_at.astimezone(ZoneInfo('America/New_York')):%b} "
    found = without_numbers(lines(client))
    assert [(what, amount, balance) for what, amount, _, balance in found] == [
        ("Correction", "−$1.00", "Balance $68.70"),
        ("Refund", "+$0.20", "Balance $69.70"),
        ("Refund", "+$8.97", "Balance $69.50"),
        ("Call, 11:12 with Sarah", "−$8.97", "Balance $60.53"),
        ("Text to Sarah", "−$0.50", "Balance $69.50"),
        ("10 free minutes with Sarah", "No charge", ""),
        ("Promotional credit", "+$5.00", "Balance $70.00"),
        ("Funds added", "+$20.00", "Balance $65.00"),
        ("Credit", "+$45.00", "Balance $45.00"),
    ]
    details = [detail for _, _, detail, _ in found]
    assert details[1].startswith(f"For a text to Sarah on {day}"[:26])
    assert details[2].startswith("For a call with Sarah on ")
    assert details[3] == "10 free minutes used"
    assert details[5].startswith("Use by ")
    assert details[7] == "Transfer or cash, reference ACH 48213"
    assert wallet(customer)[0] == 6_870


def test_a_call_that_cost_nothing_is_there_too_with_its_receipt(
    client: Client, customer: Customer, sarah: Operator
) -> None:
    call = when_called(customer, sarah)
    assert len(lines(client)) == 1, "a running call is no history yet"
    tell(call, "no_answer", at=30, why="operator_no_answer", leg="operator")
    [silent, _] = lines(client)
    assert silent[:3] == (
        "Call to Sarah", "$0.00", f"Sarah missed your call. You weren’t charged. {receipt_number(ReceiptOf.CALL, call.pk)}"
    )  # fmt: skip
    assert f'href="/calls/{call.call_id}/"' in client.get("/activity/").content.decode()


def test_a_correction_is_one_line_with_the_refunds_it_gave_again(
    client: Client, customer: Customer, sarah: Operator
) -> None:
    call = talked(customer, sarah, 127_000)
    refunded(call.call_id, 399)
    adjust_settlement(authorization_id=the_authorization(call).pk, joined_ms=30_000)
    found = without_numbers(lines(client))
    assert [(what, amount, balance) for what, amount, _, balance in found] == [
        ("Correction", "+$7.98", "Balance $44.01"),
        ("Refund", "+$3.99", "Balance $36.03"),
        ("Call, 2:07 with Sarah", "−$12.96", "Balance $32.04"),
        ("Credit", "+$45.00", "Balance $45.00"),
    ]
    assert found[0][2].startswith("For a call with Sarah on ")


def test_a_hidden_call_keeps_its_amount_and_loses_its_name(
    client: Client, customer: Customer, sarah: Operator
) -> None:
    call, silent = talked(customer, sarah), when_called(customer, sarah)
    tell(silent, "no_answer", at=30, why="operator_no_answer", leg="operator")
    refunded(call.call_id, 100)
    for one in (call, silent):
        assert client.post(f"/calls/{one.call_id}/hide/").headers["Location"] == "/activity/"
    page = client.get("/activity/").content.decode()
    assert "Sarah" not in page
    assert call.call_id not in page
    assert [line[:2] for line in lines(client)] == [
        ("Refund", "+$1.00"),
        ("Call", "−$16.95"),
        ("Credit", "+$45.00"),
    ]
    assert b"Sarah" not in body(client.get("/activity.csv"))


def test_money_paid_back_and_promotional_credit_that_ended_are_named(customer: Customer) -> None:
    credited(customer, 500, CreditSource.PROMO)
    Customer.objects.filter(pk=customer.pk).update(closed_at=clock.now())
    customer.refresh_from_db()
    forfeit_promo(customer=customer)
    staff = StaffFactory()
    return_balance(
        customer=customer,
        amount_minor=4_500,
        reason="By check, number 12",
        actor=staff,
        idempotency_key="back",
    )
    Customer.objects.filter(pk=customer.pk).update(closed_at=None)
    client = customer_client(customer)
    assert without_numbers(lines(client, "?kind=paid-back")) == [
        ("Paid back", "−$45.00", "By check, number 12", "")
    ]
    assert [line[:2] for line in lines(client, "?kind=gifts")] == [
        ("Promotional credit ended", "−$5.00"), ("Promotional credit", "+$5.00")
    ]  # fmt: skip


def test_money_by_card_names_the_card_both_ways(processor: Processor) -> None:
    customer = given_customer(balance=0)
    first, second = given_paid(processor, customer, 2_500), given_paid(processor, customer, 3_000)
    processor.add(first, charged_back_minor=2_500)
    check_payment(payment_id=first.pk)
    processor.add(first, won_back_minor=2_500)
    check_payment(payment_id=first.pk)
    processor.refuses = "The card is closed."
    row, _ = pay_back(customer=customer, expected_minor=5_500)
    send_pay_back(pay_back_id=row.pk)
    assert row.payment_id == second.pk
    card = "Visa •••• 4242"
    assert without_numbers(lines(customer_client(customer))) == [
        ("Couldn’t be paid back", "+$30.00", card, "Balance $30.00"),
        ("Paid back", "−$25.00", card, "Balance $0.00"),
        ("Paid back", "−$30.00", card, "Balance $25.00"),
        ("Card payment returned by the card company", "+$25.00", card, "Balance $55.00"),
        ("Card payment taken back by the card company", "−$25.00", card, "Balance $30.00"),
        ("Funds added", "+$30.00", f"{card} · your statement says NYCF*SUPPORT", "Balance $55.00"),
        ("Funds added", "+$25.00", f"{card} · your statement says NYCF*SUPPORT", "Balance $25.00"),
    ]
    kinds = {"funds": 2, "disputes": 2, "paid-back": 3, "corrections": 0}
    assert {kind: len(lines(customer_client(customer), f"?kind={kind}")) for kind in kinds} == kinds


def test_a_tip_is_a_line_of_its_own_and_so_is_its_refund(
    client: Client, customer: Customer, sarah: Operator
) -> None:
    call = talked(customer, sarah, 3_000)
    given = tip_on_call(
        customer=customer, call_id=call.call_id, brand=call.brand, amount_minor=500, idempotency_key="tip"
    )
    refunded(given.reference, 200)
    found = without_numbers(lines(client))
    assert [(what, amount, balance) for what, amount, _, balance in found[:3]] == [
        ("Refund", "+$2.00", "Balance $37.02"),
        ("Tip for Sarah", "−$5.00", "Balance $35.02"),
        ("Call, 0:03 with Sarah", "−$4.98", "Balance $40.02"),
    ]
    assert found[0][2].startswith("For a tip for Sarah on ")
    assert [line[0] for line in lines(client, "?kind=tips")] == ["Tip for Sarah"]
    receipt = client.get(
        f"/activity/{receipt_number(ReceiptOf.FUNDS, given.transaction_id)}/"
    ).content.decode()
    assert re.findall(r'data-part="[a-z-]+"\s*>([^<]*)<', receipt) == ["−$5.00", "+$2.00", "$3.00"]
    assert f'href="/calls/{call.call_id}/"' in receipt
    client.post(f"/calls/{call.call_id}/hide/")
    assert "Sarah" not in client.get("/activity/").content.decode()


def test_an_empty_list_says_what_will_be_there_and_filters_that_fit_nothing_can_be_cleared() -> None:
    fresh = customer_client(given_customer(balance=0))
    assert (
        "Every call, text, payment, and refund will show up here" in fresh.get("/activity/").content.decode()
    )
    filtered = fresh.get("/activity/?kind=calls&from=2026-01-01").content.decode()
    assert "No matches" in filtered
    assert "Clear filters" in filtered


@pytest.mark.parametrize(
    "query", ["?kind=theft", "?from=soon", "?before=12", "?before=gAAAAAx", "?to=1066-01-01"]
)
def test_filters_and_places_that_are_none_are_refused(client: Client, query: str) -> None:
    assert client.get(f"/activity/{query}").status_code == 400


def test_pages_go_on_where_the_last_one_ended_with_the_same_balances(
    client: Client, customer: Customer, sarah: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        talked(customer, sarah, 3_000)
        send(customer=customer, operator_id=sarah.pk, text=f"{number}")
        given_free_minutes(customer, 1)
    every = lines(client)
    assert len(every) == 13
    monkeypatch.setattr("storefront.activity_views.PAGE", 3)
    shown, query = [], ""
    for _ in range(5):
        shown += lines(client, query)
        query = older(client, query) or ""
    assert shown == every
    assert query == ""


def test_a_thing_is_not_cut_in_two_by_the_end_of_what_was_read(
    client: Client, customer: Customer, sarah: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        talked(customer, sarah, 3_000)
    every = lines(client)
    monkeypatch.setattr(ledger_activity, "_PARTS", 1)
    monkeypatch.setattr(ledger_activity, "_MORE", 0)
    monkeypatch.setattr(
        "storefront.activity_views.PAGE", 3
    )  # three entries: a fee and talk, and the talk before
    shown, query = lines(client), older(client)
    while query:
        shown, query = shown + lines(client, query), older(client, query)
    assert shown == every


def test_nobody_can_write_a_place_or_use_that_of_another(
    client: Client, customer: Customer, sarah: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storefront.activity_views.PAGE", 1)
    talked(customer, sarah)
    place = older(client)
    assert place
    assert client.get(f"/activity/{place}").status_code == 200
    assert client.get(f"/activity/{place[:-3]}").status_code == 400
    assert customer_client(given_customer()).get(f"/activity/{place}").status_code == 400


def body(response: object) -> bytes:
    assert isinstance(response, StreamingHttpResponse)
    return b"".join(response.streaming_content)  # type: ignore[arg-type]


def table(client: Client, query: str = "") -> list[dict[str, str]]:
    return list(csv.DictReader(body(client.get(f"/activity.csv{query}")).decode().splitlines()))


def test_the_csv_has_the_same_rows_to_the_cent(client: Client, customer: Customer, sarah: Operator) -> None:
    call = talked(customer, sarah)
    refunded(call.call_id, 399)
    given_free_minutes(customer, 10)
    rows = table(client)
    assert [(row["what"], row["amount"], row["balance"], row["currency"]) for row in rows] == [
        ("10 free minutes with anyone", "", "", ""),
        ("Refund", "3.99", "32.04", "USD"),
        ("Call, 3:12 with Sarah", "-16.95", "28.05", "USD"),
        ("Credit", "45.00", "45.00", "USD"),
    ]
    assert rows[2]["receipt"] == receipt_number(ReceiptOf.CALL, call.pk)
    assert [row["kind"] for row in table(client, "?kind=refunds")] == ["Refunds"]
    assert client.get("/activity.csv?kind=theft").status_code == 400


def test_no_cell_of_the_csv_is_a_formula(customer: Customer) -> None:
    credited(customer, 100, CreditSource.RECEIVED, "=1+1")
    client = customer_client(customer)
    with forged() as cursor:
        cursor.execute("UPDATE ledger_transaction SET description = '@sum(a1)' WHERE description = 'Credit'")
    assert "'@sum(a1)" in {row["what"] for row in table(client)}
    assert not [cell for row in table(client) for cell in row.values() if cell.startswith(("=", "+", "@"))]


def test_a_print_view_has_all_of_the_selection_on_one_page(
    client: Client, customer: Customer, sarah: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storefront.activity_views.PAGE", 1)
    for _ in range(3):
        talked(customer, sarah, 3_000)
    assert (len(lines(client)), len(lines(client, "?print=1"))) == (1, 4)
    monkeypatch.setattr("storefront.activity_views.PRINT_AT_MOST", 2)
    assert client.get("/activity/?print=1").status_code == 400


def test_paper_says_of_which_site_and_days_it_is(client: Client, customer: Customer, sarah: Operator) -> None:
    page = " ".join(client.get("/activity/?print=1&from=2026-01-02&to=2099-01-01").content.decode().split())
    assert "Activity on flirts.nyc" in page
    assert "From Jan 2, 2026 to Jan 1, 2099" in page


def test_what_a_running_call_holds_is_said(client: Client, customer: Customer, sarah: Operator) -> None:
    assert "Held for your current call" not in client.get("/activity/").content.decode()
    tell(when_called(customer, sarah), "started", at=10)
    page = " ".join(re.sub("<[^>]*>", " ", client.get("/activity/").content.decode()).split())
    assert "Available $32.04 , spent in" in page
    assert "Held for your current call $12.96" in page
    assert lines(client)[0][3] == "Balance $45.00"


def test_the_list_of_calls_is_a_filter_of_it_now(client: Client) -> None:
    answer = client.get("/calls/")
    assert (answer.status_code, answer.headers["Location"]) == (301, "/activity/?kind=calls")


def test_days_are_those_where_the_customer_lives(customer: Customer, sarah: Operator) -> None:
    client = customer_client(customer)
    send(customer=customer, operator_id=sarah.pk, text="late")
    with forged() as cursor:  # 11 PM in New York on March 7, which is March 8 elsewhere
        cursor.execute(
            "UPDATE ledger_transaction SET created_at = '2026-03-06T17:00Z' WHERE kind = 'adjustment'"
        )
        cursor.execute(
            "UPDATE ledger_transaction SET created_at = '2026-03-08T04:00Z' WHERE kind = 'message'"
        )
    assert [line[0] for line in lines(client, "?from=2026-03-07&to=2026-03-07")] == ["Text to Sarah"]
    assert lines(client, "?from=2026-03-08") == []
    assert [(line[0], line[3]) for line in lines(client, "?to=2026-03-06")] == [("Credit", "Balance $45.00")]


# -- Receipts


def test_each_line_leads_to_a_receipt_with_its_number(
    client: Client, customer: Customer, sarah: Operator
) -> None:
    credited(customer, 2_000, CreditSource.RECEIVED, "ACH 48213")
    given_free_minutes(customer, 10)
    sent = send(customer=customer, operator_id=sarah.pk, text="Hello").message
    refunded(sent.message_id, 20)
    page = client.get("/activity/").content.decode()
    links = re.findall(r'class="row-title" href="([^"]+)"', page)
    assert len(links) == 5
    for link in links:
        receipt = client.get(link).content.decode()
        assert f"Receipt {link.split('/')[2]}" in receipt
    text = client.get(
        f"/activity/{receipt_number(ReceiptOf.FUNDS, sent.transaction_id or 0)}/"
    ).content.decode()
    assert re.findall(r'data-part="[a-z-]+"\s*>([^<]*)<', text) == ["−$0.50", "+$0.20", "$0.30"]
    assert 'href="/messages/sarah/"' in text


def test_every_transaction_of_a_call_leads_to_its_receipt(
    client: Client, customer: Customer, sarah: Operator
) -> None:
    call = talked(customer, sarah)
    numbers = [
        receipt_number(ReceiptOf.FUNDS, row.pk) for row in Transaction.objects.filter(reference=call.call_id)
    ]
    for number in [*numbers, receipt_number(ReceiptOf.CALL, call.pk)]:
        assert client.get(f"/activity/{number}/").headers["Location"] == f"/calls/{call.call_id}/"


def test_the_receipt_of_a_refund_leads_to_its_call_unless_it_is_hidden(
    client: Client, customer: Customer, sarah: Operator
) -> None:
    call = talked(customer, sarah)
    refunded(call.call_id, 399)
    number = receipt_number(ReceiptOf.FUNDS, Transaction.objects.get(kind="refund").pk)
    link = f'href="/calls/{call.call_id}/"'
    assert link in client.get(f"/activity/{number}/").content.decode()
    client.post(f"/calls/{call.call_id}/hide/")
    page = client.get(f"/activity/{number}/").content.decode()
    assert (link in page, "Sarah" in page) == (False, False)


def test_somebody_elses_receipt_is_not_there_nor_is_a_number_with_a_typo(
    client: Client, customer: Customer, sarah: Operator
) -> None:
    stranger = given_customer()
    call, package = talked(stranger, sarah), given_free_minutes(stranger, 5)
    theirs = [
        *(receipt_number(ReceiptOf.FUNDS, row.pk) for row in Transaction.objects.filter(customer=stranger)),
        receipt_number(ReceiptOf.CALL, call.pk),
        receipt_number(ReceiptOf.GIFT, package.pk),
    ]
    assert len(theirs) == 5
    for number in [
        *theirs,
        theirs[0][:-1] + "x",
        "F-0001-00",
        "lost",
        receipt_number(ReceiptOf.FUNDS, 10**12),
    ]:
        assert client.get(f"/activity/{number}/").status_code == 404, number
    for path in ("/activity/", "/activity.csv"):
        assert call.call_id not in str(client.get(path))
    assert len(lines(client)) == 1


# -- However long the history


@contextmanager
def counted() -> Iterator[CaptureQueriesContext]:
    with CaptureQueriesContext(connection) as captured:
        yield captured


def long_history(customer: Customer, texts: int) -> None:
    """Many texts, written by hand into a copy of one row and its entries, and as many top-ups as never."""
    sale = Transaction.objects.filter(customer=customer, kind="message").latest("id")
    with forged() as cursor:
        columns = [f.column for f in Transaction._meta.concrete_fields if f.column not in ("id", "idempotency_key", "reference", "created_at")]  # fmt: skip
        names = ", ".join(columns)
        cursor.execute(
            f"""WITH copied AS (
                  INSERT INTO ledger_transaction (idempotency_key, reference, created_at, {names})
                  SELECT 'copy-' || n, 'copy_' || n, clock_timestamp(), {names}
                    FROM ledger_transaction, generate_series(1, %s) n WHERE id = %s RETURNING id)
                INSERT INTO ledger_entry (transaction_id, account_id, amount_minor, promo_minor)
                SELECT copied.id, entry.account_id, entry.amount_minor, 0
                  FROM copied, ledger_entry entry WHERE entry.transaction_id = %s""",
            [texts, sale.pk, sale.pk],
        )
        cursor.execute(
            "UPDATE ledger_account SET balance_minor = (SELECT sum(amount_minor) FROM ledger_entry WHERE account_id = ledger_account.id), overdraft_minor = 10000000 WHERE customer_id = %s",
            [customer.pk],
        )
        cursor.execute("ANALYZE ledger_transaction, ledger_entry, ledger_account")


QUERIES = [
    "",
    "?from=2026-01-01",
    "?to=2100-12-31",
    "?kind=texts",
    "?kind=funds",
    "?kind=calls&from=2026-01-01",
    "?kind=gifts",
]


def test_a_page_takes_a_handful_of_queries_however_long_the_history(
    client: Client, customer: Customer, sarah: Operator
) -> None:
    talked(customer, sarah)
    given_free_minutes(customer, 5)
    send(customer=customer, operator_id=sarah.pk, text="one")
    few = {}
    for query in QUERIES:
        client.get(f"/activity/{query}")
        with counted() as captured:
            client.get(f"/activity/{query}")
        few[query] = len(captured)
    long_history(customer, 7_000)
    for query in QUERIES:
        client.get(f"/activity/{query}")  # hosts and pauses are kept for seconds, and may be read anew
        with counted() as captured:
            assert client.get(f"/activity/{query}").status_code == 200
        assert len(captured) <= few[query] + 2, query
        assert len(captured) <= 21, query
    page = lines(client)
    assert page[0][3] == f"Balance {format_money(wallet(customer)[0])}"


def test_rare_kinds_far_back_are_reached_by_looking_further(
    client: Client, customer: Customer, sarah: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    credited(customer, 2_000, CreditSource.RECEIVED, "ACH 48213")
    for number in range(7):
        send(customer=customer, operator_id=sarah.pk, text=f"{number}")
    monkeypatch.setattr(ledger_activity, "LOOKED_THROUGH", 3)
    first = client.get("/activity/?kind=funds").content.decode()
    assert "Look further back" in first
    query: str | None = "?kind=funds"
    shown = []
    while query:
        shown += lines(client, query)
        query = older(client, query)
    assert [line[0] for line in shown] == ["Funds added"]


def test_the_balance_of_a_day_long_past_is_left_out_rather_than_computed_from_everything(
    client: Client, customer: Customer, sarah: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(customer=customer, operator_id=sarah.pk, text="one")
    with forged() as cursor:
        cursor.execute("UPDATE ledger_transaction SET created_at = %s", [clock.now() - timedelta(days=9)])
    for number in range(3):
        send(customer=customer, operator_id=sarah.pk, text=f"{number}")
    until = f"?to={(clock.now() - timedelta(days=5)).date()}"
    assert [line[3] for line in lines(client, until)] == ["Balance $44.50", "Balance $45.00"]
    monkeypatch.setattr(ledger_activity, "BALANCE_WITHIN", 2)
    assert [line[3] for line in lines(client, until)] == ["", ""]


def test_tax_is_named(client: Client, customer: Customer, sarah: Operator) -> None:
    call = talked(customer, sarah)
    sale = Transaction.objects.get(reference=call.call_id, kind="call")
    kinds = Entry.objects.filter(transaction=sale, account__kind=AccountKind.TAX)
    assert not kinds.exists(), "no rule taxes anything yet"
    with forged() as cursor:
        cursor.execute(
            "INSERT INTO ledger_account (kind, name, currency, balance_minor, held_minor, overdraft_minor) "
            "VALUES ('tax', '', 'USD', 0, 0, 0) RETURNING id"
        )
        [tax] = cursor.fetchone()
        cursor.execute(
            "INSERT INTO ledger_entry (transaction_id, account_id, amount_minor, promo_minor) VALUES (%s, %s, 12, 0)",
            [sale.pk, tax],
        )
    assert without_numbers(lines(client))[0][2] == "includes $0.12 tax"
