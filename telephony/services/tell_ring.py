"""Tell the operator's browsers that a call rings, and when it no longer does.

A second way beside phone and page. It belongs to no transaction of the call: what goes wrong here is logged, and the
call goes on.
"""

from django.db import transaction
from procrastinate.contrib.django import app

from core.db import transactional
from core.jobs import Queue
from notices.pages import OPERATOR_CONSOLE
from notices.push_client import is_available
from notices.selectors import portal_subscriptions_of
from notices.services.operator_push import push_to_operator, withdraw_push
from notices.states import NoticeKind
from telephony.models import Call
from telephony.selectors import live_call_of_operator
from telephony.states import EndedBy, EndReason

TELL_RING = "telephony.tell_ring"
_URGENT = 10
_OWN_DOING = frozenset(
    {EndReason.OPERATOR_DECLINED, EndReason.OPERATOR_WRONG_KEY, EndReason.OPERATOR_DO_NOT_CALL}
)


def tell_ring_later(call: Call) -> None:
    """After commit: a job that tells how the call stands then. Nothing for a call that never rang at the operator's."""
    if is_available() and call.operator_ringing_at is not None:
        call_id, person_id = call.call_id, call.operator.user_id
        transaction.on_commit(lambda: _queue(call_id, person_id), robust=True)


def _queue(call_id: str, person_id: int) -> None:
    if portal_subscriptions_of(person_id).exists():
        job = app.configure_task(TELL_RING, queue=Queue.ALERTS, priority=_URGENT)
        job.defer(call_id=call_id)


@transactional
def tell_ring(*, call_id: str) -> NoticeKind | None:
    """Queue the notifications, by the call as it is now; a repeat queues nothing. Returns what was told, None: nothing.

    Missed is told also where the ring wasn't; that it no longer rings, only where it was, and no other call does.
    """
    call = Call.objects.select_related("operator__user").get(call_id=call_id)
    person, path = call.operator.user, OPERATOR_CONSOLE.path()
    if is_ringing(call):
        count = push_to_operator(NoticeKind.OPERATOR_RING, person, event=call_id, path=path)
        return NoticeKind.OPERATOR_RING if count else None
    was_told = withdraw_push(NoticeKind.OPERATOR_RING, event=call_id)
    is_missed = call.joined_at is None and not _is_own_doing(call)
    other = live_call_of_operator(call.operator)
    if other is not None and other.pk != call.pk and is_ringing(other):
        return None
    if not is_missed and not was_told:
        return None
    kind = NoticeKind.OPERATOR_MISSED if is_missed else NoticeKind.OPERATOR_RING_OVER
    return kind if push_to_operator(kind, person, event=call_id, path=path) else None


def is_ringing(call: Call) -> bool:
    """Whether the operator's phone rings, or was picked up and asks."""
    return call.is_live and call.joined_at is None and call.operator_ringing_at is not None


def _is_own_doing(call: Call) -> bool:
    return call.end_reason in _OWN_DOING or call.ended_by == EndedBy.OPERATOR
