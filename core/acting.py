"""What triggers write down about who changed a row: jobs by their names. Staff: `history.context`; commands: `core.command_line`."""

from typing import Any

import pghistory
from procrastinate import JobContext


def record_job(call_next: Any, context: JobContext, worker: Any) -> Any:
    """For the worker: around every job, in the thread that it runs in."""
    with pghistory.context(job=context.job.task_name):
        return call_next()
