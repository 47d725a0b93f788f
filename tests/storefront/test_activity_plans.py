"""What a customer's pages ask of the ledger reads that customer's rows by key, however many others there are."""

from collections.abc import Callable
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.activity import ActivityKind, Selection
from billing.services.refund import refund_reference
from billing.spending_limit import spent_this_month_minor
from core import clock
from customers.models import Customer
from storefront.activity import Cursor, page_of
from telephony.selectors import history_of
from tests.scenario import given_customer, given_operator, when_called, when_talked
from tests.storefront.test_activity import forged

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


def whole_reads(ask: Callable[[], object]) -> list[str]:
    """The statements that read all of a table of the ledger."""
    with CaptureQueriesContext(connection) as captured:
        ask()
    found = []
    for query in captured.captured_queries:
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN " + query["sql"])
            plan = "\n".join(row[0] for row in cursor.fetchall())
        if "Seq Scan on ledger_transaction" in plan or "Seq Scan on ledger_entry" in plan:
            found.append(plan)
    return found


def test_no_page_reads_all_of_the_ledger() -> None:
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
        cursor.execute("ANALYZE ledger_transaction, ledger_entry, ledger_account, telephony_call")
    now, first = clock.now(), Cursor(customer.pk)
    person = Customer.objects.select_related("user").get(pk=customer.pk)
    selections = [
        Selection(customer.pk),
        Selection(customer.pk, end=now - timedelta(days=30)),
        Selection(customer.pk, begin=now - timedelta(days=40), end=now - timedelta(days=30)),
        *(Selection(customer.pk, kind) for kind in ActivityKind),
    ]
    assert whole_reads(lambda: spent_this_month_minor(person, now)) == []
    assert whole_reads(lambda: list(history_of(customer)[:25])) == []
    for selection in selections:
        assert whole_reads(lambda s=selection: page_of(s, first, zone=ZONE, limit=30)) == [], selection  # type: ignore[misc]
