"""Work of customers' accounts that time brings, done by the worker."""

from procrastinate.contrib.django import app

from core.jobs import Queue
from customers.domain_events import spending_rules_changed
from customers.services.limits import ANNOUNCE_LIMIT


@app.task(name=ANNOUNCE_LIMIT, queue=Queue.DEFAULT)
def announce_limit(*, customer_id: int) -> None:
    """A looser limit holds from now on: open pages and a running call follow it. One that was changed again does no harm."""
    spending_rules_changed.after_commit(customer_id=customer_id)
