"""What an operator decides about their hours: single dates that differ, and what begins and ends by itself."""

from datetime import date, time, timedelta

from core import clock
from core.db import transactional
from core.errors import Invalid, LimitReached, NotFound
from operators.models import Operator, ScheduleException, WorkPlan
from operators.selectors import today_of
from operators.services.presence import announce_presence
from operators.services.submissions import lock_operator

MAX_EXCEPTIONS = 60
MAX_AHEAD = timedelta(days=366)
REMIND_CHOICES = (5, 15, 30, 60)  # minutes


@transactional
def set_exception(
    *, operator_id: int, day: date, starts: time | None, ends: time | None
) -> ScheduleException:
    """On `day` other hours than usual, or none (without times: off); in place of what was said of that day. Raises Invalid, LimitReached."""
    if (starts is None) != (ends is None):
        raise Invalid("Enter both times, or neither for a day off.")
    if starts is not None and starts == ends:
        raise Invalid("Start and end times can’t be the same.")
    operator = lock_operator(operator_id)
    today = today_of(operator, clock.now())
    if day < today:
        raise Invalid("That day is in the past.")
    if day > today + MAX_AHEAD:
        raise Invalid("That day is more than a year ahead.")
    others = ScheduleException.objects.filter(operator=operator, day__gte=today).exclude(day=day)
    if others.count() >= MAX_EXCEPTIONS:
        raise LimitReached(f"You can plan up to {MAX_EXCEPTIONS} dates. Remove one first.")
    row, _ = ScheduleException.objects.update_or_create(
        operator=operator, day=day, defaults={"starts": starts, "ends": ends}
    )
    start_afresh(operator)
    return row


@transactional
def remove_exception(*, operator_id: int, exception_id: int) -> None:
    """The usual hours on that day again. Raises NotFound, also for another operator's."""
    operator = lock_operator(operator_id)
    if not ScheduleException.objects.filter(pk=exception_id, operator=operator).delete()[0]:
        raise NotFound("Date not found.")
    start_afresh(operator)


@transactional
def change_work_plan(*, operator_id: int, reminds: bool, remind_minutes: int, follows_hours: bool) -> None:
    """A reminder before the hours begin, and going online and offline by them. Raises Invalid."""
    if remind_minutes not in REMIND_CHOICES:
        raise Invalid("Choose 5, 15, 30, or 60 minutes.")
    operator = lock_operator(operator_id)
    plan = plan_of(operator)
    if follows_hours and not plan.follows_hours:
        plan.acted_at = clock.now()  # what began before is theirs
    plan.reminds, plan.remind_minutes, plan.follows_hours = reminds, remind_minutes, follows_hours
    plan.save(update_fields=["reminds", "remind_minutes", "follows_hours", "acted_at"])


@transactional
def set_takes_messages(*, operator_id: int, takes_messages: bool) -> None:
    """Texts on or off, at once."""
    operator = lock_operator(operator_id)
    operator.takes_messages = takes_messages
    operator.save(update_fields=["takes_messages"])
    announce_presence(operator)


def plan_of(operator: Operator) -> WorkPlan:
    """The plan of the locked `operator`; made if there is none."""
    return WorkPlan.objects.get_or_create(operator=operator)[0]


def start_afresh(operator: Operator) -> None:
    """The hours of the locked `operator` changed: what they now say of the past acts no more."""
    WorkPlan.objects.filter(operator=operator).update(acted_at=clock.now())
