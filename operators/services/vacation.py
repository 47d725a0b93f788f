"""A vacation: offline for a range of days. Customers see from when on the operator is back."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from core import clock
from core.db import transactional
from core.errors import Conflict, Invalid
from operators.models import Operator, WorkPlan
from operators.services.presence import PRESENCE_COLUMNS, announce_presence, go_offline
from operators.services.submissions import lock_operator

MAX_DAYS = 180
_COLUMNS = ("vacation_from", "vacation_until", "back_on")
_DAY = timedelta(days=1)


@transactional
def plan_vacation(*, operator_id: int, first: date, last: date) -> Operator:
    """Offline from `first` through `last` on the operator's calendar, from now on if `first` is today; in place of what was planned.

    A call in progress continues. A vacation that runs already is made shorter or longer. Raises Invalid.
    """
    operator = lock_operator(operator_id)
    at, zone = clock.now(), ZoneInfo(operator.user.time_zone)
    today = at.astimezone(zone).date()
    is_running = operator.is_on_vacation(at)
    if first < today and not is_running:
        raise Invalid("The first day can’t be in the past.")
    if last < max(first, today):
        raise Invalid("The last day can’t be before the first, or in the past.")
    if last - max(first, today) >= timedelta(days=MAX_DAYS):
        raise Invalid(f"A vacation can be up to {MAX_DAYS} days long.")
    if not (is_running and first <= today):
        operator.vacation_from = max(at, _midnight(first, zone))
    operator.vacation_until, operator.back_on = _midnight(last + _DAY, zone), last + _DAY
    _begin(operator, at)
    operator.save(update_fields=[*_COLUMNS, *PRESENCE_COLUMNS])
    announce_presence(operator)
    return operator


@transactional
def end_vacation(*, operator_id: int) -> Operator:
    """Back now, or not going after all. They stay offline until they choose. Raises Conflict without a vacation."""
    operator = lock_operator(operator_id)
    if operator.vacation_until is None:
        raise Conflict("You have no vacation planned.", code="no_vacation")
    _end(operator, clock.now())
    return operator


@transactional
def turn_vacations(*, at: datetime) -> int:
    """Begin and end the vacations that are due at `at`; how many. Run by the worker."""
    rows = Operator.objects.select_for_update(skip_locked=True)
    beginning = rows.filter(vacation_from__lte=at, vacation_until__gt=at).exclude(presence="offline")
    began = [operator for operator in beginning if _begin(operator, at)]
    for operator in began:
        operator.save(update_fields=PRESENCE_COLUMNS)
        announce_presence(operator)
    over = list(rows.filter(vacation_until__lte=at))
    for operator in over:
        _end(operator, at)
    return len(began) + len(over)


def _begin(operator: Operator, at: datetime) -> bool:
    """Offline if the vacation has begun and they don't talk: after the call they are seen as offline, and are the next time."""
    if not operator.is_on_vacation(at) or operator.in_call or not go_offline(operator, at):
        return False
    operator.away_reason, operator.break_until, operator.offline_after_call = "", None, False
    return True


def _end(operator: Operator, at: datetime) -> None:
    began, until = operator.vacation_from, operator.vacation_until
    if began is not None and until is not None and began <= at:
        WorkPlan.objects.update_or_create(
            operator=operator,
            defaults={"last_vacation_from": began, "last_vacation_until": min(at, until)},
        )
    operator.vacation_from = operator.vacation_until = operator.back_on = None
    operator.save(update_fields=_COLUMNS)
    announce_presence(operator)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone).astimezone(ZoneInfo("UTC"))
