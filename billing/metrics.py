"""What was posted, by kind: counted once, by the worker, when it is sealed. So nothing is ever summed over the whole ledger."""

from django.db import connection
from prometheus_client import Counter

from billing import conf
from billing.ledger.states import TransactionKind

_LABELS = ["kind", "currency"]
AMOUNTS = Counter("aeims_ledger_minor_units", "Amounts posted, in cents, by kind of transaction.", _LABELS)
TRANSACTIONS = Counter("aeims_ledger_transactions", "Transactions posted, by kind.", _LABELS)

_SUMS = """
SELECT kind, currency, count(*), sum(abs(amount_minor))::bigint FROM ledger_transaction
 WHERE id BETWEEN %s AND %s GROUP BY kind, currency
"""


# Each kind is there from the start, at zero: of a series that begins with its first amount no increase is seen.
for _kind in TransactionKind:
    AMOUNTS.labels(str(_kind), conf.currency())
    TRANSACTIONS.labels(str(_kind), conf.currency())


def count_posted(first_id: int, last_id: int) -> None:
    """Count the transactions from one id to another."""
    with connection.cursor() as cursor:
        cursor.execute(_SUMS, [first_id, last_id])
        for kind, currency, count, amount_minor in cursor.fetchall():
            AMOUNTS.labels(kind, currency).inc(amount_minor)
            TRANSACTIONS.labels(kind, currency).inc(count)
