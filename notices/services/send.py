"""Send one notice of the outbox: claim the row, talk to the mail server or the push service outside of any transaction, write what came of it."""

import logging
import smtplib
from datetime import datetime, timedelta

from anymail.exceptions import AnymailAPIError, AnymailRecipientsRefused
from django.db.models import F

from core import clock
from core.db import transactional
from notices.composing import compose
from notices.kinds import RULES, mail_groups
from notices.models import Notice
from notices.push_client import PushDelayed, PushGone, PushRefused
from notices.retry import wait_after
from notices.selectors import choices_of, mail_wanted
from notices.services.outbox import schedule
from notices.services.push import push_notice
from notices.states import WAITING, Channel, NoticeKind, NoticeState

log = logging.getLogger(__name__)


def send(*, notice_id: int) -> NoticeState | None:
    """Send it if it is waiting and due. Returns its state afterwards; None: somebody else has it, or it is not due."""
    notice = _claim(notice_id, clock.now())
    if notice is None:
        return None
    if clock.now() >= notice.expires_at:
        return _give_up(notice, notice.error or "expired")
    if (state := _obey_choices(notice, clock.now())) is not None:
        return state
    try:
        if notice.channel == Channel.PUSH:
            push_notice(notice)
        else:
            compose(notice).send()
    except PushGone:
        return _finish(notice, NoticeState.SKIPPED, error="the browser unsubscribed", payload={}, address="")
    except Exception as error:
        if not _is_transport(error) and not isinstance(error, LookupError):
            log.exception("notice %s cannot be written", notice.pk)
        return _failed(notice, error)
    return _sent(notice)


def describe(error: Exception) -> str:
    """The kind of an error and its code: an answer's text may hold the address, or the code that was sent."""
    code = getattr(error, "smtp_code", None) or getattr(error, "status_code", None) or ""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code = ", ".join(sorted({str(answer[0]) for answer in error.recipients.values()}))
    return f"{type(error).__name__} {code}".strip()


def _claim(notice_id: int, at: datetime) -> Notice | None:
    """Take the row for this process, if it is still to be taken: one UPDATE, of which one of many succeeds."""
    claimed = Notice.objects.filter(pk=notice_id, state__in=WAITING, due_at__lte=at).update(
        state=NoticeState.SENDING, claimed_at=at, attempts=F("attempts") + 1
    )
    if not claimed:
        return None
    return Notice.objects.select_related("recipient", "brand", "subscription").get(pk=notice_id)


def _obey_choices(notice: Notice, at: datetime) -> NoticeState | None:
    """Put it off until the recipient's quiet hours are over, or drop what they turned off since; None: send it now."""
    kind = NoticeKind(notice.kind)
    is_push = notice.channel == Channel.PUSH
    group = RULES[kind].group if is_push else next(iter(mail_groups(kind)), None)
    if notice.recipient is None or kind == NoticeKind.DIGEST or group is None:
        return None
    choices = choices_of(notice.recipient)
    is_on = choices.is_on(group, Channel.PUSH) if is_push else mail_wanted(choices, group)
    if not is_on:
        return _finish(notice, NoticeState.SKIPPED, error="", payload={}, address="")
    waits_until = choices.may_reach_at(at)
    if waits_until <= at:
        return None
    if waits_until >= notice.expires_at:
        return _finish(notice, NoticeState.SKIPPED, error="quiet hours", payload={}, address="")
    return _put_off(notice, waits_until)


@transactional
def _put_off(notice: Notice, until: datetime) -> NoticeState:
    """It was no attempt."""
    updated = Notice.objects.filter(pk=notice.pk, state=NoticeState.SENDING, attempts=notice.attempts).update(
        state=NoticeState.QUEUED, due_at=until, attempts=F("attempts") - 1
    )
    if updated:
        schedule(notice.pk, at=until)
    return NoticeState.QUEUED


def _is_transport(error: Exception) -> bool:
    kinds = (
        OSError
        | smtplib.SMTPException
        | AnymailAPIError
        | AnymailRecipientsRefused
        | PushRefused
        | PushDelayed
    )
    return isinstance(error, kinds)


def _is_unreachable(error: Exception) -> bool:
    """Whether the mail server could not be asked: away, silent, or hanging up. Says nothing about this notice."""
    if isinstance(error, smtplib.SMTPException):
        return isinstance(error, smtplib.SMTPServerDisconnected | smtplib.SMTPConnectError)
    return isinstance(error, OSError) and not isinstance(error, AnymailAPIError)


def _is_final(error: Exception) -> bool:
    """Whether the recipient is gone or was refused for good. All else may be mended: a full mailbox, a wrong password of ours."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(answer[0] >= 500 for answer in error.recipients.values())
    return isinstance(error, AnymailRecipientsRefused | LookupError | PushRefused)


def _sent(notice: Notice) -> NoticeState:
    return _finish(notice, NoticeState.SENT, error="", payload={}, address="")


def _give_up(notice: Notice, error: str) -> NoticeState:
    """Staff see it. What may be queued again keeps its texts; a code that came to nothing does not."""
    log.warning("notice %s (%s) is given up: %s", notice.pk, notice.kind, error)
    is_secret = RULES[NoticeKind(notice.kind)].is_secret
    erased = {"payload": {}, "address": ""} if is_secret else {}
    return _finish(notice, NoticeState.GIVEN_UP, error=error, **erased)


def _finish(notice: Notice, state: NoticeState, **values: object) -> NoticeState:
    Notice.objects.filter(pk=notice.pk, state=NoticeState.SENDING, attempts=notice.attempts).update(
        state=state, finished_at=clock.now(), **values
    )
    return state


@transactional
def _failed(notice: Notice, cause: Exception) -> NoticeState:
    error, at = describe(cause), clock.now()
    wait = wait_after(notice.attempts, is_unreachable=_is_unreachable(cause))
    if isinstance(cause, PushDelayed) and cause.after_seconds is not None and wait is not None:
        wait = max(wait, timedelta(seconds=cause.after_seconds))
    if _is_final(cause) or wait is None or at + wait >= notice.expires_at:
        return _give_up(notice, error)
    updated = Notice.objects.filter(pk=notice.pk, state=NoticeState.SENDING, attempts=notice.attempts).update(
        state=NoticeState.FAILED, error=error, due_at=at + wait
    )
    if updated:
        schedule(notice.pk, at=at + wait)
    return NoticeState.FAILED
