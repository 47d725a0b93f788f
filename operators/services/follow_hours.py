"""What begins and ends with an operator's hours, for those who want it: a reminder before, online at the beginning, offline at the end.

The rule: each beginning and each end acts once, at its time. Between the two, what the operator chooses by hand is theirs: who
went offline in their hours is not set online again by them. A beginning waits for the end of a break, an end for the end of the
call. On vacation nothing acts. What the hours say of the time before they were changed, or before the switch was turned on,
never acts.
"""

from datetime import datetime, timedelta

from django.db.models import Prefetch, Q, QuerySet

from core.db import transactional
from operators.domain_events import hours_begin_soon
from operators.hours import Hours, Span, Turn
from operators.models import Operator, ScheduleException, WorkPlan
from operators.services.presence import PRESENCE_COLUMNS, announce_presence, go_offline, put_online_if_allowed
from operators.states import ApprovalStatus, Presence

_DAYS = timedelta(days=4)


def follow_hours(*, at: datetime) -> int:
    """Act on the hours that begin, end, or are about to begin at `at`; for how many operators. Run by the worker.

    Each in a transaction of its own, and looked at again under the lock of the operator's row, so two workers act once.
    """
    return sum(_follow(plan.operator_id, at) for plan in _plans(at) if _is_due(plan, at))


@transactional
def _follow(operator_id: int, at: datetime) -> bool:
    if Operator.objects.select_for_update(skip_locked=True).filter(pk=operator_id).first() is None:
        return False
    plan = _plans(at).filter(operator=operator_id).first()
    if plan is None or not _is_due(plan, at):
        return False
    hours = hours_of(plan.operator)
    if begins := _to_remind_of(plan, hours, at):
        _remind(plan, begins, at)
    if turn := _to_act_on(plan, hours, at):
        plan.acted_at = turn.at
        if not plan.operator.is_on_vacation(at):
            _act(plan.operator, turn, at)
    plan.save(update_fields=["reminded_for", "acted_at"])
    return True


def hours_of(operator: Operator) -> Hours:
    """The operator's hours; reads what wasn't read before."""
    usual: dict[int, list[Span]] = {}
    for slot in operator.schedule.all():
        usual.setdefault(slot.weekday, []).append((slot.starts, slot.ends))
    dates = {row.day: row.span for row in operator.schedule_exceptions.all()}
    return Hours(usual, dates, operator.user.time_zone)


def _plans(at: datetime) -> QuerySet[WorkPlan]:
    near = ScheduleException.objects.filter(day__range=((at - _DAYS).date(), (at + _DAYS).date()))
    return (
        WorkPlan.objects.filter(
            Q(follows_hours=True) | Q(reminds=True), operator__approval_status=ApprovalStatus.APPROVED
        )
        .select_related("operator__user", "operator__phone_number")
        .prefetch_related("operator__schedule", Prefetch("operator__schedule_exceptions", near))
    )


def _is_due(plan: WorkPlan, at: datetime) -> bool:
    hours = hours_of(plan.operator)
    return bool(_to_remind_of(plan, hours, at) or _to_act_on(plan, hours, at))


def _to_remind_of(plan: WorkPlan, hours: Hours, at: datetime) -> datetime | None:
    """The beginning that they are to be reminded of now."""
    begins = hours.next_begin(at) if plan.reminds else None
    if begins is None or begins - at > timedelta(minutes=plan.remind_minutes) or plan.reminded_for == begins:
        return None
    return begins


def _to_act_on(plan: WorkPlan, hours: Hours, at: datetime) -> Turn | None:
    """The beginning or end that is to act now."""
    turn = hours.last_turn(at) if plan.follows_hours else None
    if turn is None or (plan.acted_at is not None and turn.at <= plan.acted_at):
        return None
    return None if turn.is_begin and plan.operator.is_on_break(at) else turn


def _remind(plan: WorkPlan, begins: datetime, at: datetime) -> None:
    """Who is online already, or on vacation then, needs no reminder."""
    operator = plan.operator
    plan.reminded_for = begins
    is_online = operator.presence == Presence.ONLINE and not operator.has_timed_out(at)
    if not is_online and not operator.is_on_vacation(begins):
        hours_begin_soon.tell(operator=operator, begins=begins, is_automatic=plan.follows_hours)


def _act(operator: Operator, turn: Turn, at: datetime) -> None:
    if turn.is_begin:
        put_online_if_allowed(operator, at)
    elif operator.in_call:
        operator.offline_after_call = operator.presence != Presence.OFFLINE
    else:
        go_offline(operator, at)
        operator.away_reason, operator.break_until = "", None
    operator.save(update_fields=PRESENCE_COLUMNS)
    announce_presence(operator)
