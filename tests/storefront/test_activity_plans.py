"""What a customer's pages ask of the ledger reads that customer's rows by key, however many others there are."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing import activity
from billing.activity import ActivityKind, Selection
from billing.services.refund import refund_reference
from billing.spending_limit import spent_this_month_minor
from core import clock
from customers.models import Customer
from storefront.activity import Cursor, page_of
from telephony.selectors import history_of
from tests.scenario import given_customer, given_operator, when_called, when_talked
from tests.storefront.test_activity import forged
from tests.support.database_owner import recount_quarter_hours

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
OTHERS, TEXTS = 30, 2_000
ZONE = ZoneInfo("America/New_York")

SALES = """
INSERT INTO ledger_transaction (kind, idempotency_key, fingerprint, customer_id, reference, currency, amount_minor,
                                operator_minor, platform_minor, description, reason, created_at)
SELECT 'message', 'many-' || a.id || '-' || n, '', a.customer_id, 'many-' || a.id || '-' || n, 'USD', 50, 40, 10, 'Message', '',
       now() - interval '60 days' + n * interval '43 minutes'
  FROM ledger_account a, generate_series(1, %s) n WHERE a.kind = 'wallet' ORDER BY n, a.id
"""
ENTRIES = """
INSERT INTO ledger_entry (transaction_id, account_id, amount_minor, promo_minor)
SELECT t.id, a.id, -50, 0
  FROM ledger_transaction t JOIN ledger_account a ON a.kind = 'wallet' AND a.customer_id = t.customer_id
 WHERE t.reference LIKE 'many-%' ORDER BY t.id
"""


def explained(ask: Callable[[], object]) -> list[dict[str, Any]]:
    """The parts of all plans that read a table of the ledger."""
    with CaptureQueriesContext(connection) as captured:
        ask()
    nodes: list[dict[str, Any]] = []
    for query in captured.captured_queries:
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + query["sql"])
            [[[plan]]] = cursor.fetchall()
        nodes += [
            node for node in _nodes(plan["Plan"]) if str(node.get("Relation Name")).startswith("ledger_")
        ]
    return nodes


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", []):
        yield from _nodes(part)


def whole_reads(nodes: list[dict[str, Any]]) -> list[str]:
    """The large tables that are read from end to end."""
    whole = [node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"]
    return [name for name in whole if name != "ledger_account"]


def most_read(nodes: list[dict[str, Any]]) -> float:
    """How many rows of the customer's one part of a plan read at most."""
    return max(node["Actual Rows"] * node["Actual Loops"] for node in nodes)


def test_a_page_reads_a_bounded_part_of_the_ledger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activity, "LOOKED_THROUGH", 200)
    monkeypatch.setattr(activity, "BALANCE_WITHIN", 500)
    customer, operator = given_customer(balance="45.00"), given_operator()
    call = when_called(customer, operator)
    when_talked(call, 3_000)
    refund_reference(
        reference=call.call_id, amount_minor=100, reason="bad line", actor=None, idempotency_key="k"
    )
    for _ in range(OTHERS):
        given_customer(balance="45.00")
    with forged() as cursor:
        cursor.execute(SALES, [TEXTS])
        cursor.execute(ENTRIES)
        recount_quarter_hours()
        cursor.execute("SET LOCAL default_statistics_target = 1000")  # or plans depend on a sample's luck
        cursor.execute(
            "ANALYZE ledger_accountquarterhour, ledger_transaction, ledger_entry, ledger_account, telephony_call"
        )
        # So few rows may be read whole and sorted where index pages are many; a long history never is.
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
    now, first = clock.now(), Cursor(customer.pk)
    person = Customer.objects.select_related("user").get(pk=customer.pk)
    selections = [
        Selection(customer.pk),
        Selection(customer.pk, end=now - timedelta(days=30)),
        Selection(customer.pk, begin=now - timedelta(days=40), end=now - timedelta(days=30)),
        *(Selection(customer.pk, kind) for kind in ActivityKind),
    ]
    assert whole_reads(explained(lambda: spent_this_month_minor(person, now))) == []
    assert whole_reads(explained(lambda: list(history_of(customer)[:25]))) == []
    for selection in selections:
        nodes = explained(lambda s=selection: page_of(s, first, zone=ZONE, limit=30))  # type: ignore[misc]
        assert whole_reads(nodes) == [], selection
        assert most_read(nodes) <= 600, selection
