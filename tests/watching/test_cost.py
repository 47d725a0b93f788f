"""What web reads for its metrics costs the same however much history there is: no statement of it has to look at a whole table."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backoffice.metrics import SystemMetrics
from billing.services.seal_ledger import seal_ledger
from tests.factories import BrandFactory
from tests.scenario import given_customer, given_operator, when_called, when_talked
from tests.support.phone_system import PhoneSystem

pytestmark = pytest.mark.django_db
GROW = {
    "ledger_transaction", "ledger_entry", "ledger_account", "ledger_seal", "telephony_call", "telephony_callevent",
    "billing_authorization", "billing_payment", "notices_notice", "messaging_message", "core_auditrecord",
}  # fmt: skip


def statements() -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        list(SystemMetrics().collect())
    return [query["sql"] for query in captured if query["sql"].lstrip().startswith("SELECT")]


def test_no_statement_needs_a_whole_table(phone_system: PhoneSystem) -> None:
    BrandFactory()
    when_talked(when_called(given_customer(), given_operator()), 65_000)
    seal_ledger()
    read = statements()
    assert len(read) > 10
    whole = []
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # what is scanned all the same has no index to use
        for statement in read:
            cursor.execute(f"EXPLAIN {statement}")
            plan = "\n".join(row[0] for row in cursor.fetchall())
            scanned = {*re.findall(r"Seq Scan on (\w+)", plan)}
            whole += [(table, statement) for table in sorted(scanned & GROW)]
    assert whole == []


def test_there_are_as_many_statements_with_more_history(phone_system: PhoneSystem) -> None:
    BrandFactory()
    before = len(statements())
    for _ in range(3):
        when_talked(when_called(given_customer(), given_operator()), 65_000)
    seal_ledger()
    assert len(statements()) <= before + 1  # a seal has its own look-up
