"""Work of billing that time brings, done by the worker."""

from procrastinate.contrib.django import app

from billing.services.expire_free_minutes import BATCH, expire_free_minutes
from core import clock
from core.jobs import Queue


@app.periodic(cron="*/5 * * * *")
@app.task(
    queue=Queue.MONEY, queueing_lock="expire_free_minutes", lock="expire_free_minutes", pass_context=False
)
def expire_unused_free_minutes(timestamp: int) -> None:
    """Every five minutes: write off free minutes whose time is over."""
    while expire_free_minutes(at=clock.now()) == BATCH:
        pass
