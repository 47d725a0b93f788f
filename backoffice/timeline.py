"""What happened to a call or message, in order: what the phones did, what was booked, what staff did."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from billing.ledger.models import Transaction
from core.models import AuditRecord
from core.money import format_money
from telephony.models import Call

_MOMENTS = (
    ("initiated_at", "The customer clicked Call"),
    ("ringing_at", "The customer's phone rang"),
    ("customer_answered_at", "The customer answered"),
    ("customer_no_key_at", "Nobody had pressed 1 on the customer's phone"),
    ("operator_ringing_at", "The operator's phone rang"),
    ("operator_answered_at", "The operator picked up"),
    ("joined_at", "Both were connected: charging began"),
    ("left_at", "One of them left"),
    ("ended_at", "The call was over"),
)


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened."""

    at: datetime
    what: str


def timeline_of(call: Call | None, transactions: Sequence[Transaction]) -> list[Moment]:
    """Everything known, in order of time."""
    moments = []
    if call is not None:
        moments += [Moment(at, words) for name, words in _MOMENTS if (at := getattr(call, name)) is not None]
    for row in transactions:
        words = f"{row.get_kind_display().capitalize()} of {format_money(row.amount_minor, row.currency)} was booked"
        moments.append(Moment(row.created_at, words))
    subjects = [f"ledger.transaction:{row.pk}" for row in transactions]
    if call is not None:
        subjects.append(f"telephony.call:{call.pk}")
    for record in AuditRecord.objects.filter(subject__in=subjects).select_related("actor"):
        who = record.actor.email if record.actor else "the system"
        moments.append(Moment(record.created_at, f"{record.action} by {who}: {record.reason}"))
    return sorted(moments, key=lambda moment: moment.at)
