"""Background jobs: their queues, and what is wrong with them now. The worker is `core.worker`.

Times are the database's own: a job is late by the clock of the rows that say when it was due.
"""

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

from django.db import connection


class Queue(StrEnum):
    """Each has workers of its own, so that one whose jobs hang holds up no other."""

    MONEY = "money"  # expiry, refunds
    MAIL = "mail"
    SMS = "sms"
    ALERTS = "alerts"  # what tells an operator that a call rings: seconds count
    SWEEPS = "sweeps"  # what looks after calls and presence, every minute or oftener
    DEFAULT = "default"


CONCURRENCY = {
    Queue.MONEY: 2,
    Queue.MAIL: 4,
    Queue.SMS: 2,
    Queue.ALERTS: 4,
    Queue.SWEEPS: 2,
    Queue.DEFAULT: 1,
}
HEARTBEAT_LIMIT_SECONDS = 30  # a worker not heard of for so long is dead
LATE_SECONDS = 120
STUCK_SECONDS = 600
_MOST = 100

_LATE = """
    SELECT job.task_name::text FROM procrastinate_jobs job
    WHERE job.status = 'todo' AND coalesce(job.scheduled_at,
        (SELECT max(event.at) FROM procrastinate_events event WHERE event.job_id = job.id))
        < clock_timestamp() - make_interval(secs => %s)
    LIMIT %s
"""
_STUCK = """
    SELECT job.task_name::text FROM procrastinate_jobs job
    LEFT JOIN procrastinate_workers worker ON worker.id = job.worker_id
    WHERE job.status = 'doing'
        AND (worker.id IS NULL OR worker.last_heartbeat < clock_timestamp() - make_interval(secs => %s)
            OR (SELECT max(event.at) FROM procrastinate_events event
                WHERE event.job_id = job.id AND event.type = 'started')
                < clock_timestamp() - make_interval(secs => %s))
    LIMIT %s
"""
_FAILED = "SELECT task_name::text FROM procrastinate_jobs WHERE status = 'failed' LIMIT %s"
_WORKERS = (
    "SELECT count(*) FROM procrastinate_workers"
    " WHERE last_heartbeat > clock_timestamp() - make_interval(secs => %s)"
)
_STATUS = f"SELECT ({_WORKERS}), {', '.join(f'ARRAY({names})' for names in (_LATE, _STUCK, _FAILED))}"
# Of each queue the job that is due for the longest: those with a time by it, the others by the event that queued them.
_OLDEST = """
SELECT queue_name, extract(epoch FROM clock_timestamp() - min(due))::float FROM (
    (SELECT queue_name, min(scheduled_at) AS due FROM procrastinate_jobs
      WHERE status = 'todo' AND scheduled_at <= clock_timestamp() GROUP BY queue_name)
    UNION ALL
    (SELECT job.queue_name, (SELECT max(event.at) FROM procrastinate_events event WHERE event.job_id = job.id)
       FROM (SELECT queue_name, min(id) AS id FROM procrastinate_jobs
              WHERE status = 'todo' AND scheduled_at IS NULL GROUP BY queue_name) AS job)) AS waiting
GROUP BY queue_name
"""
_HEARTBEAT = (
    "SELECT extract(epoch FROM clock_timestamp() - max(last_heartbeat))::float FROM procrastinate_workers"
)


@dataclass(frozen=True, slots=True)
class JobStatus:
    """Counts by task name, at most 100 in all of each kind. `workers`: those heard of lately, one per queue and process."""

    workers: int
    late: dict[str, int]
    stuck: dict[str, int]
    failed: dict[str, int]

    @property
    def is_well(self) -> bool:
        return self.workers > 0 and not (self.late or self.stuck or self.failed)


def job_status() -> JobStatus:
    """What the tables of the queue say. `late`: due for two minutes and not begun; `stuck`: begun and not going on."""
    values = [
        HEARTBEAT_LIMIT_SECONDS,
        *(LATE_SECONDS, _MOST),
        *(2 * HEARTBEAT_LIMIT_SECONDS, STUCK_SECONDS, _MOST),
        _MOST,
    ]
    with connection.cursor() as cursor:
        cursor.execute(_STATUS, values)
        workers, *names = cursor.fetchone()
    return JobStatus(workers, *(dict(sorted(Counter(some).items())) for some in names))


def oldest_due_seconds() -> dict[str, float]:
    """For how long the oldest job of each queue has been due; 0 where none waits."""
    with connection.cursor() as cursor:
        cursor.execute(_OLDEST)
        waiting = dict(cursor.fetchall())
    return {str(queue): max(0.0, waiting.get(queue, 0.0)) for queue in Queue}


def heartbeat_age_seconds() -> float | None:
    """How long ago the last sign of life of any worker was; None if there never was one, or the last one said good-bye."""
    with connection.cursor() as cursor:
        cursor.execute(_HEARTBEAT)
        age: float | None = cursor.fetchone()[0]
        return age
