"""The table of what staff decided last, under each of their queues (`backoffice/decided_table.html`)."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class DecidedRow:
    """One decision: about what, with a link to it, the amount (finished text), who decided what, and why."""

    at: datetime | None
    url: str
    subject: str
    amount: str
    decision: str
    by: str
    reason: str
