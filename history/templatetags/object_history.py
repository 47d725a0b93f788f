"""What the admin shows on the history page of an object."""

from typing import Any

from django import template
from django.db.models import Model

from core.admin import in_words
from core.models import AuditRecord
from history.selectors import Change, changes_of

register = template.Library()
SHOWN = 100


@register.simple_tag
def changes(obj: Model) -> list[Change]:
    """What was changed on it, newest first."""
    return changes_of(obj)


@register.simple_tag
def deeds(obj: Model) -> list[dict[str, Any]]:
    """What staff did about it, with their reasons, newest first."""
    records = AuditRecord.objects.filter(subject=f"{obj._meta.label_lower}:{obj.pk}").select_related("actor")
    return [
        {"at": row.created_at, "who": row.actor or "", "action": row.action, "reason": row.reason, "words": _in_lines(row.details)}
        for row in records.order_by("-id")[:SHOWN]
    ]  # fmt: skip


def _in_lines(details: dict[str, Any]) -> str:
    """`share bps: 8000 → 9000`, a line for each, and the rest in words."""
    rest = {name: value for name, value in details.items() if name != "changes"}
    pairs = details.get("changes") or {}
    lines = [f"{name.replace('_', ' ')}: {before} → {after}" for name, (before, after) in pairs.items()]
    return "\n".join([*lines, in_words(rest)] if rest else lines)
