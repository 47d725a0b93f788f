"""Staff queue a notice again that was given up."""

from django.contrib.auth.models import AbstractBaseUser

from core import audit, clock
from core.db import transactional
from core.errors import Conflict, NotFound
from notices.kinds import RULES
from notices.models import Notice
from notices.services.outbox import schedule
from notices.states import NoticeKind, NoticeState


@transactional
def send_again(*, notice_id: int, actor: AbstractBaseUser) -> Notice:
    """Queue it with a new lifetime, on record. Raises NotFound, Conflict (not given up, or its code has expired)."""
    notice = Notice.objects.select_for_update().filter(pk=notice_id).first()
    if notice is None:
        raise NotFound("Notice not found.")
    rules, at = RULES[NoticeKind(notice.kind)], clock.now()
    if notice.state != NoticeState.GIVEN_UP:
        raise Conflict("Only a notice we gave up on can be sent again.")
    if rules.is_secret:
        raise Conflict("Its code or link has expired. The person can ask for a new one.")
    notice.state, notice.attempts, notice.error = NoticeState.QUEUED, 0, ""
    notice.due_at, notice.expires_at, notice.finished_at = at, at + rules.lifetime, None
    notice.save(update_fields=["state", "attempts", "error", "due_at", "expires_at", "finished_at"])
    audit.record(actor=actor, action="notice.send_again", subject=notice)
    schedule(notice.pk)
    return notice
