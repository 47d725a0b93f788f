"""What the worker does every night: delete by the table of `privacy.retention`."""

from datetime import timedelta

from procrastinate import JobContext
from procrastinate.contrib.django import app

from core.jobs import Queue
from privacy.retention import FAILED_JOBS_KEPT_FOR, kind
from privacy.services import delete_old_data as old
from privacy.services import erase_person as erasing
from privacy.services import export_data as exporting
from privacy.services.export_data import MAKE_EXPORT

_HOUR = timedelta(hours=1)


# The aliases are the names that jobs of an earlier version have.
@app.periodic(cron="17 8 * * *")
@app.task(
    name="privacy.delete_old_data",
    aliases=["core.delete_old_rows"],
    queue=Queue.DEFAULT,
    queueing_lock="privacy.delete_old_data",
    pass_context=False,
)
def delete_old_data(timestamp: int) -> None:
    """Every night (UTC 08:17): what has been kept for as long as the privacy page says."""
    old.delete_old_data()


@app.periodic(cron="27 8 * * *")
@app.task(
    name="privacy.delete_old_jobs",
    aliases=["core.delete_old_jobs"],
    queue=Queue.DEFAULT,
    queueing_lock="privacy.delete_old_jobs",
    pass_context=True,
)
async def delete_old_jobs(context: JobContext, timestamp: int) -> None:
    """Every night: finished jobs; failed ones stay longer, so that somebody can look."""
    manager, kept_for = context.app.job_manager, kind("jobs").kept_for
    assert kept_for is not None, "jobs are deleted"
    await manager.delete_old_jobs(nb_hours=kept_for // _HOUR, include_cancelled=True, include_aborted=True)
    await manager.delete_old_jobs(nb_hours=FAILED_JOBS_KEPT_FOR // _HOUR, include_failed=True)


@app.periodic(cron="41 * * * *")
@app.task(
    name="privacy.erase_due",
    queue=Queue.DEFAULT,
    queueing_lock="privacy.erase_due",
    lock="privacy.erase_due",
    pass_context=False,
)
def erase_due(timestamp: int) -> int:
    """Every hour: erase whose time has come."""
    return erasing.erase_due()


@app.task(name=MAKE_EXPORT, queue=Queue.DEFAULT)
def make_export(*, export_id: int) -> None:
    """A copy of someone's data."""
    exporting.make_export(export_id=export_id)
