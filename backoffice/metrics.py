"""The state of the product for Prometheus: the checks of the staff's home page as figures, the queues of jobs, live calls.

Read anew each time somebody asks, from indexed rows alone: it costs the same however much history there is.
"""

import time
from collections.abc import Iterator

from django.db import DatabaseError, InterfaceError
from django.db.models import Count
from django.utils.text import slugify
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from backoffice import health
from backoffice.backup.status import backup_status
from backoffice.books_audit import last_audit
from core.jobs import heartbeat_age_seconds, job_status, oldest_due_seconds
from telephony.models import Call
from telephony.states import LIVE_STATUSES


class SystemMetrics(Collector):
    """While the database is away it says that, and nothing else."""

    def collect(self) -> Iterator[Metric]:
        """Every figure, with a time that says what it cost to ask."""
        begun, is_up = time.monotonic(), 1
        try:
            yield from [*_checks(), *_jobs(), *_calls(), *_audit(), *_backups()]
        except (DatabaseError, InterfaceError):
            is_up = 0
        yield GaugeMetricFamily("aeims_database_up", "Whether the database answers web.", is_up)
        spent = time.monotonic() - begun
        yield GaugeMetricFamily("aeims_state_read_seconds", "How long it took to read all of this.", spent)

    def describe(self) -> list[Metric]:
        """Nothing is read when this is registered."""
        return []


def _checks() -> Iterator[Metric]:
    well = GaugeMetricFamily(
        "aeims_check_ok", "1 where a check of the staff's home page is well.", labels=["check"]
    )
    waiting = GaugeMetricFamily(
        "aeims_waiting_for_staff", "How many of a kind wait for staff, 100 at most.", labels=["kind"]
    )
    for check in health.checks():
        name = slugify(check.name).replace("-", "_")
        well.add_metric([name], float(check.is_well))
        if check.count is not None:
            waiting.add_metric([name], check.count)
    return iter((well, waiting))


def _jobs() -> Iterator[Metric]:
    status = job_status()
    troubled = GaugeMetricFamily(
        "aeims_jobs_troubled", "Jobs that are late, stuck, or failed; 100 at most.", labels=["how"]
    )
    for how, counts in (("late", status.late), ("stuck", status.stuck), ("failed", status.failed)):
        troubled.add_metric([how], sum(counts.values()))
    oldest = GaugeMetricFamily(
        "aeims_queue_oldest_seconds", "For how long the oldest job of a queue has been due.", labels=["queue"]
    )
    for queue, seconds in oldest_due_seconds().items():
        oldest.add_metric([queue], seconds)
    yield from (troubled, oldest)
    yield GaugeMetricFamily("aeims_workers", "Workers heard of lately, one for each queue.", status.workers)
    if (age := heartbeat_age_seconds()) is not None:
        yield GaugeMetricFamily("aeims_worker_heartbeat_age_seconds", "Since the last sign of life.", age)


def _calls() -> Iterator[Metric]:
    live = GaugeMetricFamily("aeims_calls_live", "Calls that are not over, by status.", labels=["status"])
    counts = dict(
        Call.objects.filter(status__in=LIVE_STATUSES)
        .order_by()
        .values_list("status")
        .annotate(count=Count("pk"))
    )
    for status in sorted(LIVE_STATUSES):
        live.add_metric([status], counts.get(status, 0))
    yield live


def _audit() -> Iterator[Metric]:
    if (last := last_audit()) is not None:
        yield GaugeMetricFamily(
            "aeims_audit_findings", "Rows that the last nightly audit found wrong.", last.findings
        )
        yield GaugeMetricFamily(
            "aeims_audit_completed_timestamp_seconds",
            "When the last nightly audit ended.",
            last.at.timestamp(),
        )


def _backups() -> Iterator[Metric]:
    status = backup_status()
    ages = {
        "full": status.full_age_seconds, "any": status.backup_age_seconds, "drill": status.drill_age_seconds,
        "records": status.records_age_seconds,
    }  # fmt: skip
    age = GaugeMetricFamily("aeims_backup_age_seconds", "Since the last of a kind.", labels=["kind"])
    for kind, seconds in ages.items():
        if seconds is not None:
            age.add_metric([kind], seconds)
    yield age
    if status.archive_lag_seconds is not None:
        yield GaugeMetricFamily(
            "aeims_wal_archive_lag_seconds", "What a restore would lose now.", status.archive_lag_seconds
        )
