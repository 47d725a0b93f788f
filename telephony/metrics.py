"""How long after its end a call is settled, counted by whoever ends it: web by the adapter's word, the worker's sweeps without."""

from datetime import datetime

from django.db import transaction
from prometheus_client import Histogram

from core import clock

SETTLE_LAG = Histogram(
    "aeims_settle_lag_seconds",
    "From the end of a call, by the phone system, to its bill.",
    buckets=(0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 3600),
)


def count_settled(ended_at: datetime) -> None:
    """Count a call that ended then, once the transaction of its bill has committed."""
    transaction.on_commit(
        lambda: SETTLE_LAG.observe(max(0.0, (clock.now() - ended_at).total_seconds())), robust=True
    )
