"""Derive the books of the last days again, each night, and write down whether anything was wrong."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction

from billing import auditing
from billing.auditing.findings import Violation
from core import audit

log = logging.getLogger(__name__)

ACTION, SUBJECT = "books.audited", "books"
REACHES_BACK = timedelta(days=3)  # so that a night without a worker leaves nothing out
_NAMED = 20


def audit_books(*, at: datetime) -> int:
    """Run every check of the audit over what changed in the last days; how many rows are wrong. Each is named in the log."""
    with transaction.atomic():
        with connection.cursor() as cursor:  # one moment for all checks, while postings go on
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        wrong = list(auditing.run(auditing.scope_since(at - REACHES_BACK)))
    for violation in wrong[:_NAMED]:
        log.error(
            "audit: %s %s: %s, but %s", violation.row, violation.check, violation.expected, violation.found
        )
    record_audit(wrong)
    return len(wrong)


def record_audit(wrong: Sequence[Violation]) -> None:
    """Write down what an audit found that looked at no less than the nightly one: checks and metrics go by the newest."""
    rows = [violation.row for violation in wrong[:_NAMED]]
    audit.record(actor=None, action=ACTION, subject=SUBJECT, findings=len(wrong), rows=rows)
