"""Work without a domain word that time brings, done by the worker."""

from procrastinate import JobContext
from procrastinate.contrib.django import app

from core import cleanup
from core.jobs import Queue


@app.periodic(cron="17 8 * * *")
@app.task(name="core.delete_old_rows", queue=Queue.DEFAULT, queueing_lock="core.delete_old_rows")
def delete_old_rows(timestamp: int) -> None:
    """Every night (UTC 08:17): old answers and expired sessions."""
    cleanup.delete_old_answers()
    cleanup.delete_expired_sessions()


@app.periodic(cron="27 8 * * *")
@app.task(
    name="core.delete_old_jobs", queue=Queue.DEFAULT, queueing_lock="core.delete_old_jobs", pass_context=True
)
async def delete_old_jobs(context: JobContext, timestamp: int) -> None:
    """Every night: finished jobs; failed ones stay longer, so that somebody can look."""
    manager = context.app.job_manager
    await manager.delete_old_jobs(
        nb_hours=cleanup.JOBS_KEPT_HOURS, include_cancelled=True, include_aborted=True
    )
    await manager.delete_old_jobs(nb_hours=cleanup.FAILED_JOBS_KEPT_HOURS, include_failed=True)
