"""A page of the statement reads a bounded part of the operator's entries, however long the history, and by key."""

from datetime import timedelta

import pytest
from django.utils import timezone

from core import clock
from operators.models import Operator
from portal.statement_days import READ_AT_MOST, page_of_days
from tests.scenario import given_customer, given_operator, when_called, when_talked
from tests.storefront.test_activity import forged
from tests.storefront.test_activity_plans import explained, most_read, whole_reads
from tests.support.database_owner import recount_quarter_hours
from web.filters import LedgerFilters

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
OTHERS, TEXTS, A_DAY = 20, 2_000, 34  # one text in 43 minutes

SALES = """
INSERT INTO ledger_transaction (kind, idempotency_key, fingerprint, customer_id, operator_id, reference, currency, amount_minor,
                                operator_minor, platform_minor, rate_minor, description, reason, created_at)
SELECT 'message', 'many-' || a.id || '-' || n, '', %s, a.operator_id, 'many-' || a.id || '-' || n, 'USD', 50, 40, 10, 50, 'Message', '',
       now() - interval '60 days' + n * interval '43 minutes'
  FROM ledger_account a, generate_series(1, %s) n WHERE a.kind = 'payable' ORDER BY n, a.id
"""
ENTRIES = """
INSERT INTO ledger_entry (transaction_id, account_id, amount_minor, promo_minor)
SELECT t.id, a.id, 40, 0
  FROM ledger_transaction t JOIN ledger_account a ON a.kind = 'payable' AND a.operator_id = t.operator_id
 WHERE t.reference LIKE 'many-%%' ORDER BY t.id
"""


def test_a_page_reads_its_entries_and_the_rest_of_two_days() -> None:
    customer, operators = given_customer(balance="900.00"), [given_operator() for _ in range(OTHERS)]
    for operator in operators:
        when_talked(when_called(customer, operator), 3_000)
    with forged() as cursor:
        cursor.execute(SALES, [customer.pk, TEXTS])
        cursor.execute(ENTRIES, [])
        recount_quarter_hours()
        cursor.execute("SET LOCAL default_statistics_target = 1000")  # or plans depend on a sample's luck
        cursor.execute("ANALYZE ledger_accountquarterhour, ledger_transaction, ledger_entry, ledger_account")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
    operator = Operator.objects.select_related("user").get(pk=operators[0].pk)
    today = clock.now().date()
    month_ago = LedgerFilters(since=today - timedelta(days=31), until=today - timedelta(days=30))
    first = page_of_days(operator, LedgerFilters(), None)
    assert first.older_before is not None
    with timezone.override(operator.user.time_zone):
        for filters, before, most in (
            (LedgerFilters(), None, READ_AT_MOST + 3 * A_DAY),
            (LedgerFilters(), str(first.older_before), READ_AT_MOST + 3 * A_DAY),
            (month_ago, None, TEXTS + 2),  # what is newer, and what is older, is passed by
        ):
            nodes = explained(lambda f=filters, b=before: page_of_days(operator, f, b))  # type: ignore[misc]
            assert whole_reads(nodes) == [], (filters, before)
            assert most_read(nodes) <= most, (filters, before)
