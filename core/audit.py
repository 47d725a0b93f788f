"""Who did what to whom, and why: one append-only record, written in the transaction of the deed."""

import json
from typing import Any

from django.db import models

from core.models import AuditRecord


def record(
    *, actor: models.Model | None, action: str, subject: models.Model | str, reason: str = "", **details: Any
) -> AuditRecord:
    """Write one record. `action` is a word like `wallet.credit`; `details` must be JSON and hold no phone number."""
    name = subject if isinstance(subject, str) else f"{subject._meta.label_lower}:{subject.pk}"
    row = [actor.pk if actor else None, action, name, reason, json.dumps(details)]
    return AuditRecord.objects.raw("SELECT * FROM core_record_audit(%s, %s, %s, %s, %s)", row)[0]
