"""An operator is free: tell who waits for that, the longest waiting first, ten at a time.

The operator's row is locked meanwhile, as a call takes it: of a call and a telling at the same moment one is first, and who
was not told keeps waiting.
"""

import logging
from datetime import datetime, timedelta

from procrastinate.contrib.django import app as jobs

from brands.selectors import is_paused
from brands.states import Service
from core import clock
from core.db import transactional
from core.jobs import Queue
from notices.services.enqueue import enqueue
from notices.states import NoticeKind
from operators.availability import online_at
from operators.domain_events import operator_free
from operators.eligibility import may_still_talk
from operators.models import Operator
from operators.pages import PROFILE
from operators.phones import phone_obstacle
from operators.states import ApprovalStatus, Availability
from telephony.models import AvailabilityWatch
from telephony.push import push_waiting
from telephony.services.ring_customer import costs_more, ring_customer
from telephony.states import WatchState
from telephony.waiting import is_waited_for, open_watches, watches_to_tell

log = logging.getLogger(__name__)

TELL_WATCHERS = "telephony.tell_watchers"
TOLD_AT_ONCE = 10
NEXT_AFTER = timedelta(minutes=2)  # while the operator stays free, the next ten
AGAIN_AFTER = timedelta(minutes=15)  # nobody is told of the same operator more often
_LOOKED_AT = 50
_OPERATORS_AT_ONCE = 200


@operator_free.listener
def tell_watchers_soon(*, operator_id: int) -> None:
    """Leave it to the worker. A second job does no harm, and a lost one is made up for by `tell_all`."""
    if is_waited_for(operator_id, clock.now()):
        jobs.configure_task(TELL_WATCHERS, queue=Queue.SWEEPS, allow_unknown=True).defer(
            operator_id=operator_id
        )


def tell_watchers(*, operator_id: int) -> int:
    """Tell at most ten that the operator is free, if that is so and none were told in the last two minutes; how many.

    Then call the phone of the first of them who asked for that and can have the call.
    """
    told = _tell_next(operator_id)
    for watch in told:
        if _ring(watch):
            break
    return len(told)


@transactional
def _tell_next(operator_id: int) -> list[AvailabilityWatch]:
    operator = Operator.objects.select_for_update(no_key=True).get(pk=operator_id)
    at = clock.now()
    if not _is_free(operator) or _told_since(operator, at - NEXT_AFTER):
        return []
    lately = _told_since(operator, at - AGAIN_AFTER)
    told: list[AvailabilityWatch] = []
    for watch in watches_to_tell(operator.pk, at, _LOOKED_AT):
        if watch.customer_id not in lately and _tell(watch, operator, at):
            told.append(watch)
        if len(told) == TOLD_AT_ONCE:
            break
    return told


def tell_all() -> int:
    """Tell who waits for whoever is free now, and end what is over; how many were told. Run by the worker each minute."""
    at = clock.now()
    over = AvailabilityWatch.objects.filter(state=WatchState.OPEN, expires_at__lte=at)
    over.update(state=WatchState.EXPIRED, ended_at=at)
    waited_for = open_watches(at).values("operator")
    free = Operator.objects.filter(online_at(at), pk__in=waited_for, approval_status=ApprovalStatus.APPROVED)
    ids = list(free.order_by("pk").values_list("pk", flat=True)[:_OPERATORS_AT_ONCE])
    return sum(tell_watchers(operator_id=operator_id) for operator_id in ids)


def _is_free(operator: Operator) -> bool:
    """Whether anybody could call now."""
    is_online = operator.availability == Availability.ONLINE and phone_obstacle(operator) is None
    return is_online and not is_paused(Service.CALLS)


def _told_since(operator: Operator, since: datetime) -> set[int]:
    told = AvailabilityWatch.objects.filter(operator=operator, state=WatchState.TOLD, ended_at__gt=since)
    return set(told.values_list("customer", flat=True))


def _tell(watch: AvailabilityWatch, operator: Operator, at: datetime) -> bool:
    """Whether the customer is told: not who canceled meanwhile, and not who may not talk with the operator any more."""
    state = (
        WatchState.TOLD if may_still_talk(watch.customer, operator, watch.brand, at) else WatchState.CLOSED
    )
    is_open = AvailabilityWatch.objects.filter(pk=watch.pk, state=WatchState.OPEN)
    if not is_open.update(state=state, ended_at=at):
        return False
    push_waiting(watch.customer_id, operator.pk)
    if state == WatchState.CLOSED:
        return False
    host = watch.brand.hosts.first()
    enqueue(
        NoticeKind.WATCHED_FREE,
        recipient=watch.customer.user,
        brand=watch.brand,
        key=f"watched_free:{watch.pk}",
        operator=operator.stage_name,
        url=PROFILE.url(operator.slug, host=host.host) if host else "",
    )
    return True


def _ring(watch: AvailabilityWatch) -> bool:
    """Whether the customer's phone is called: by their wish, in time, and at no higher price than they saw."""
    until, rate, fee = watch.rings_until, watch.rate_minor, watch.fee_minor
    if until is None or rate is None or fee is None:
        return False
    if until <= clock.now() or costs_more(watch.operator, rate=rate, fee=fee):
        return False
    key = f"watch-{watch.pk}"
    return ring_customer(
        customer=watch.customer,
        operator=watch.operator,
        brand=watch.brand,
        key=key,
        first_seconds=watch.first_seconds,
    )
