"""An operator says whether they take calls; telephony says whether they are in one; time ends what was said.

Online lasts until a time that everything the operator does moves on (`stay_online`). A sweep writes down what time
has changed, so that open pages hear of it; who asks in between reads the same from `Operator.availability`.
"""

from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Q

from core import clock, push
from core.days import write_date
from core.db import transactional
from core.errors import Invalid, NotAllowed
from core.planned_query import PlannedStatement
from operators.domain_events import operator_free, reserved_operator_left
from operators.models import Operator
from operators.phones import phone_obstacle, require_working_phone
from operators.standing import TEXTS as OBSTACLE_TEXTS
from operators.standing import work_obstacle
from operators.states import ApprovalStatus, Availability, AwayReason, Presence

DIRECTORY_GROUP = "directory"
ONLINE_CHOICES = (60, 120, 240, 480)  # minutes
SUSPENDED = "Your account is suspended. Contact us if you think that’s a mistake."
CLOSED = "You closed your account. Undo that in your settings first."
PRESENCE_COLUMNS = (
    "presence", "presence_since", "online_until", "away_reason", "went_online_at", "break_until", "offline_after_call"
)  # fmt: skip
_TAKE = PlannedStatement(
    "UPDATE operators_operator SET in_call = true, reserved_until = NULL"
    " WHERE id = $1 AND (reserved_until IS NULL OR reserved_until <= $2 OR reserved_until = $3) RETURNING availability_rank"
)
_MOVED_ON_BY = timedelta(minutes=1)  # a smaller step is not worth writing


@transactional
def set_presence(*, operator_id: int, presence: str, minutes: int | None = None) -> Operator:
    """Go online (for `minutes` after the last activity, or as long as last time), away or offline.

    Chosen by hand, it ends a break. Raises Invalid, and NotAllowed while staff don't let them work, without a verified phone
    that may be called, or (`on_vacation`) before they ended their vacation.
    """
    if presence not in Presence.values:
        raise Invalid("Presence must be online, away, or offline.")
    if minutes is not None and minutes not in ONLINE_CHOICES:
        raise Invalid("Choose one, two, four, or eight hours online.")
    operator = Operator.objects.select_for_update().get(pk=operator_id)
    at = clock.now()
    if presence != Presence.OFFLINE:
        _check_vacation(operator, at)
    if presence == Presence.ONLINE:
        check_may_work(operator)
        operator.online_minutes = minutes or operator.online_minutes
        put_online(operator, at)
    elif operator.presence != presence:
        operator.presence, operator.presence_since = Presence(presence), at
    operator.break_until, operator.offline_after_call = None, False
    operator.missed_in_row, operator.away_reason = 0, ""
    operator.save(update_fields=[*PRESENCE_COLUMNS, "online_minutes", "missed_in_row"])
    announce_presence(operator)
    return operator


def put_online(operator: Operator, at: datetime) -> None:
    """Online from `at`, for as long as they chose last. The caller asked `check_may_work`, and saves `PRESENCE_COLUMNS`."""
    if operator.presence != Presence.ONLINE or operator.has_timed_out(at):
        operator.went_online_at = at
    if operator.presence != Presence.ONLINE:
        operator.presence, operator.presence_since = Presence.ONLINE, at
    operator.online_until = at + timedelta(minutes=operator.online_minutes)
    operator.break_until, operator.offline_after_call, operator.away_reason = None, False, ""


def put_online_if_allowed(operator: Operator, at: datetime) -> None:
    """`put_online` without their doing: where they may not work, their pages say why."""
    try:
        check_may_work(operator)
    except NotAllowed:
        if operator.presence != Presence.ONLINE:
            operator.break_until, operator.away_reason = None, AwayReason.REFUSED
    else:
        put_online(operator, at)


def describe_refusal(operator: Operator) -> str:
    """Why they weren't set online by their hours or after a break; empty if they were, or did something since."""
    if operator.away_reason != AwayReason.REFUSED:
        return ""
    try:
        check_may_work(operator)
    except NotAllowed as error:
        return error.message
    return "Something was missing then. You can go online now."


def _check_vacation(operator: Operator, at: datetime) -> None:
    if operator.is_on_vacation(at) and operator.back_on:
        raise NotAllowed(
            f"You’re on vacation until {write_date(operator.back_on)}. End your vacation first.",
            code="on_vacation",
        )


def check_may_work(operator: Operator) -> None:
    """Whether they may go online, apart from a vacation. Raises NotAllowed."""
    if operator.approval_status == ApprovalStatus.SUSPENDED:
        raise NotAllowed(SUSPENDED, code="suspended")
    if operator.approval_status == ApprovalStatus.CLOSED:
        raise NotAllowed(CLOSED, code="account_closed")
    if operator.approval_status != ApprovalStatus.APPROVED or operator.identified_at is None:
        raise NotAllowed("You can go online once we’ve approved you.", code="not_approved")
    if obstacle := work_obstacle(operator, clock.now()):
        raise NotAllowed(OBSTACLE_TEXTS[obstacle], code=obstacle)
    require_working_phone(operator)


@transactional
def skip_wrap_up(*, operator_id: int) -> None:
    """Ready for the next call now."""
    operator = Operator.objects.select_for_update().get(pk=operator_id)
    operator.wrap_up_until = None
    operator.save(update_fields=["wrap_up_until"])
    announce_presence(operator)


def stay_online(*, operator: Operator) -> None:
    """The operator did something: online lasts on from now. One guarded statement, and none more than once a minute."""
    if operator.presence != Presence.ONLINE or operator.online_until is None:
        return
    at = clock.now()
    until = at + timedelta(minutes=operator.online_minutes)
    if operator.has_timed_out(at) or until - operator.online_until < _MOVED_ON_BY:
        return
    online = Operator.objects.filter(pk=operator.pk, presence=Presence.ONLINE, online_until__gt=at)
    if online.update(online_until=until):
        operator.online_until = until


@transactional
def sweep_presence(*, at: datetime) -> int:
    """Write down whose online time or wrap-up is over at `at`, and tell open pages; how many. Run by the worker."""
    due = Operator.objects.select_for_update(skip_locked=True).filter(
        Q(presence=Presence.ONLINE, in_call=False, online_until__lte=at) | Q(wrap_up_until__lte=at)
    )
    changed = list(due)
    for operator in changed:
        if operator.wrap_up_until is not None and operator.wrap_up_until <= at:
            operator.wrap_up_until = None
        if operator.has_timed_out(at) and not operator.in_call:
            operator.presence, operator.presence_since = Presence.AWAY, at
            operator.away_reason = AwayReason.IDLE
        operator.save(update_fields=["wrap_up_until", "presence", "presence_since", "away_reason"])
        announce_presence(operator)
    return len(changed)


@transactional
def take_offline_with_obstacle() -> int:
    """Set offline who is shown online although their phone can't be called, as after a change of the allowed prefixes, or who may
    not work anymore, as with an expired ID; how many. Run by the worker.
    """
    at = clock.now()
    online = Operator.objects.filter(presence=Presence.ONLINE).select_related("phone_number")
    unreachable = [operator.pk for operator in online.iterator() if _obstacle(operator, at)]
    changed = 0
    for operator in Operator.objects.select_for_update(skip_locked=True).filter(pk__in=unreachable):
        if _obstacle(operator, at) and go_offline(operator, clock.now()):
            operator.save(update_fields=["presence", "presence_since"])
            announce_presence(operator)
            changed += 1
    return changed


def _obstacle(operator: Operator, at: datetime) -> str | None:
    return phone_obstacle(operator) or work_obstacle(operator, at)


def go_offline(operator: Operator, at: datetime) -> bool:
    """Offline without their doing, from `at`; the caller saves it. False if they are already."""
    if operator.presence == Presence.OFFLINE:
        return False
    operator.presence, operator.presence_since = Presence.OFFLINE, at
    return True


def set_in_call(*, operator: Operator, in_call: bool) -> None:
    """Telephony's word, inside its transaction: the operator is taken, or free again."""
    Operator.objects.filter(pk=operator.pk).update(in_call=in_call)
    operator.in_call = in_call
    announce_presence(operator)


def take_for_call(*, operator: Operator, reserved_until: datetime | None, at: datetime) -> bool:
    """Telephony's word, inside its transaction: taken by a call. False if another customer has the operator reserved at `at`.

    `reserved_until`: of the caller's own reservation. One guarded statement: who reserves at the same moment is before or after it.
    """
    with connection.cursor() as cursor:
        _TAKE.execute(cursor, [operator.pk, at, reserved_until])
        row = cursor.fetchone()
    if row is None:
        return False
    operator.in_call, operator.reserved_until, operator.availability_rank = True, None, row[0]
    announce_presence_as_read(operator)
    return True


def operator_group(operator_id: int) -> str:
    """The websocket group of all pages of one operator."""
    return f"operator.{operator_id}"


def announce_presence(operator: Operator) -> None:
    """After commit, tell every open page that shows the operator, and the operator's own. Called once the change is written."""
    operator.refresh_from_db(fields=["availability_rank"])
    announce_presence_as_read(operator)


def announce_presence_as_read(operator: Operator) -> None:
    """The same where `availability_rank` is as the change left it."""
    if operator.reserved_until is not None and operator.availability in (
        Availability.AWAY,
        Availability.OFFLINE,
    ):
        operator.reserved_until = None
        operator.save(update_fields=["reserved_until"])
        reserved_operator_left.tell(operator=operator)
    push.hint_after_commit([DIRECTORY_GROUP, operator_group(operator.pk)], f"operator.{operator.pk}")
    if operator.availability == Availability.ONLINE:
        operator_free.after_commit(operator_id=operator.pk)
