"""What the nightly audit of the books found last: for the checks, the metrics, and the owner's letter."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from billing.services.audit_books import ACTION, SUBJECT
from core.models import AuditRecord

EXPECTED_WITHIN = timedelta(hours=26)


@dataclass(frozen=True, slots=True)
class LastAudit:
    """When it ran, and how many rows were wrong."""

    at: datetime
    findings: int

    def is_well(self, now: datetime) -> bool:
        return self.findings == 0 and now - self.at < EXPECTED_WITHIN


def last_audit() -> LastAudit | None:
    """None until the first night."""
    last = AuditRecord.objects.filter(subject=SUBJECT, action=ACTION).order_by("-id").first()
    return None if last is None else LastAudit(last.created_at, int(last.details.get("findings", 0)))
