"""One side tells staff that the other went too far; staff write down what came of it."""

from django.utils.translation import gettext as _

from core import audit, clock
from core.contact_masking import mask, mask_phones
from core.db import transactional
from core.errors import Conflict, Invalid
from customers.models import User
from messaging.models import Conversation, Report
from messaging.states import Side

MAX_REASON = 500


@transactional
def report(*, conversation_id: int, side: Side, reason: str) -> Report:
    """Put the conversation, as far as it has come, before the staff. Raises Invalid. One open report a side is enough."""
    reason = mask(reason.replace("\x00", "").strip())
    if not reason or len(reason) > MAX_REASON:
        raise Invalid(
            _("Please tell us what happened in at most %(most)s characters.") % {"most": MAX_REASON}
        )
    conversation = Conversation.objects.select_for_update().get(pk=conversation_id)
    open_report = Report.objects.filter(
        conversation=conversation, reported_by=side, handled_at__isnull=True
    ).first()
    if open_report is not None:
        return open_report
    new_report = Report.objects.create(
        conversation=conversation,
        reported_by=side,
        reason=reason,
        up_to_number=conversation.last_number,
        created_at=clock.now(),
    )
    audit.record(
        actor=None, action="conversation.report", subject=conversation, report=new_report.pk, by=str(side)
    )
    return new_report


@transactional
def close_report(*, report_id: int, outcome: str, actor: User) -> Report:
    """Write down what came of a report. Raises Invalid, Conflict (it is closed)."""
    outcome = mask_phones(outcome.replace("\x00", "").strip())
    if not outcome or len(outcome) > 300:
        raise Invalid(_("How was it resolved? At most 300 characters."))
    report_row = Report.objects.select_for_update().get(pk=report_id)
    if report_row.handled_at is not None:
        raise Conflict(_("This report is closed."), code="closed")
    report_row.handled_at, report_row.handled_by, report_row.outcome = clock.now(), actor, outcome
    report_row.save(update_fields=["handled_at", "handled_by", "outcome"])
    audit.record(
        actor=actor,
        action="report.close",
        subject=report_row,
        reason=outcome,
        conversation=report_row.conversation_id,
    )
    return report_row
