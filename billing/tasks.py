"""Work of billing that time brings, done by the worker."""

from procrastinate.contrib.django import app

from billing import conf
from billing.ledger.heads import append_head, newest_seal
from billing.services.decide_approval import decide_by_time
from billing.services.expire_free_minutes import BATCH, expire_free_minutes
from billing.services.find_weak_links import find_weak_links
from billing.services.seal_ledger import seal_ledger
from core.deadlines import deadline_now
from core.jobs import Queue


@app.periodic(cron="*/5 * * * *")
@app.task(
    queue=Queue.MONEY, queueing_lock="expire_free_minutes", lock="expire_free_minutes", pass_context=False
)
def expire_unused_free_minutes(timestamp: int) -> None:
    """Every five minutes: write off free minutes whose time is over."""
    while expire_free_minutes(at=deadline_now()) == BATCH:
        pass


@app.periodic(cron="*/5 * * * *")
@app.task(queue=Queue.MONEY, queueing_lock="decide_by_time", lock="decide_by_time", pass_context=False)
def decide_approvals_by_time(timestamp: int) -> int:
    """Every five minutes: expire requests that nobody decided, and do those whose delay is over."""
    return decide_by_time(at=deadline_now())


@app.periodic(cron="3-59/10 * * * *")
@app.task(queue=Queue.MONEY, queueing_lock="find_weak_links", lock="find_weak_links", pass_context=False)
def hold_earnings_of_weak_links(timestamp: int) -> int:
    """Every ten minutes: hold earnings between people who may have more in common."""
    return find_weak_links()


@app.periodic(cron="* * * * *")
@app.task(queue=Queue.MONEY, queueing_lock="seal_ledger", lock="seal_ledger", pass_context=False)
def seal_new_transactions(timestamp: int) -> int:
    """Every minute: seal what was posted since."""
    return seal_ledger()


@app.periodic(cron="5 9 * * *")
@app.task(queue=Queue.MONEY, queueing_lock="write_ledger_head", lock="write_ledger_head", pass_context=False)
def write_ledger_head(timestamp: int) -> None:
    """Every day: write the head of the seals to the file outside of the database, if there is one."""
    path, seal = conf.ledger_heads_file(), newest_seal()
    if path is not None and seal is not None:
        append_head(path, seal)
