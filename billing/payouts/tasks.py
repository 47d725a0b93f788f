"""Work of payouts that time brings, done by the worker."""

from datetime import date, datetime, time, timedelta

from procrastinate.contrib.django import app

from billing.payouts.services import prepare_run
from core import clock
from core.days import BOOKS_ZONE
from core.jobs import Queue

CLOSES_AT = time(5, 10)  # on Mondays in New York


@app.periodic(cron="10 * * * *")
@app.task(
    name="payouts.close_week",
    queue=Queue.MONEY,
    queueing_lock="payouts.close_week",
    lock="payouts.close_week",
    pass_context=False,
)
def close_week(timestamp: int) -> int | None:
    """Every hour: prepare the week's run, unless it is there, and also when the worker was off on Monday; its number."""
    day = day_to_close(clock.now())
    run = None if day is None else prepare_run.close_week(day=day)
    return None if run is None else run.pk


def day_to_close(at: datetime) -> date | None:
    """The Monday whose run should be there by `at`; None on Mondays before `CLOSES_AT`."""
    local = at.astimezone(BOOKS_ZONE)
    monday = local.date() - timedelta(days=local.weekday())
    return None if local.date() == monday and local.time() < CLOSES_AT else monday
