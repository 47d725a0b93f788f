"""An operator says whether they take calls; telephony says whether they are in one; time ends what was said.

Online lasts until a time that everything the operator does moves on (`stay_online`). A sweep writes down what time
has changed, so that open pages hear of it; who asks in between reads the same from `Operator.availability`.
"""

from datetime import datetime, timedelta

from django.db.models import Q

from core import clock, push
from core.db import transactional
from core.errors import Invalid, NotAllowed
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
_MOVED_ON_BY = timedelta(minutes=1)  # a smaller step is not worth writing


@transactional
def set_presence(*, operator_id: int, presence: str, minutes: int | None = None) -> Operator:
    """Go online (for `minutes` after the last activity, or as long as last time), away or offline.

    Raises Invalid, and NotAllowed while staff don't let them work, or without a verified phone that may be called.
    """
    if presence not in Presence.values:
        raise Invalid("Presence must be online, away, or offline.")
    if minutes is not None and minutes not in ONLINE_CHOICES:
        raise Invalid("Choose one, two, four, or eight hours online.")
    operator = Operator.objects.select_for_update().get(pk=operator_id)
    at = clock.now()
    if presence == Presence.ONLINE:
        _check_may_work(operator)
        operator.online_minutes = minutes or operator.online_minutes
        operator.online_until = at + timedelta(minutes=operator.online_minutes)
    if operator.presence != presence:
        operator.presence, operator.presence_since = Presence(presence), at
    operator.missed_in_row, operator.away_reason = 0, ""
    operator.save(
        update_fields=[
            "presence", "presence_since", "online_minutes", "online_until", "missed_in_row", "away_reason"
        ]
    )  # fmt: skip
    announce_presence(operator)
    return operator


def _check_may_work(operator: Operator) -> None:
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
    own = Q(reserved_until=reserved_until) if reserved_until else Q(pk__in=[])
    free = Operator.objects.filter(Q(reserved_until=None) | Q(reserved_until__lte=at) | own, pk=operator.pk)
    if not free.update(in_call=True, reserved_until=None):
        return False
    operator.in_call, operator.reserved_until = True, None
    announce_presence(operator)
    return True


def operator_group(operator_id: int) -> str:
    """The websocket group of all pages of one operator."""
    return f"operator.{operator_id}"


def announce_presence(operator: Operator) -> None:
    """After commit, tell every open page that shows the operator, and the operator's own. Called once the change is written."""
    operator.refresh_from_db(fields=["availability_rank"])
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
