"""What else a customer has going on when they call, read in one turn."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q, Subquery

from core.planned_query import PlannedQuery, parameter
from customers.models import Customer
from telephony.models import Call, Reservation
from telephony.responsibility import Cause, caused_by
from telephony.states import LIVE_STATUSES, EndReason, ReservationState

ATTEMPTS_WINDOW = timedelta(minutes=10)
_ATTEMPTS_AMONG = 50  # of their newest calls


@dataclass(frozen=True, slots=True)
class GoingOn:
    """`live_call_id` and `reservation_id`: of what lasts now. `failed_attempts`: when the calls of the last ten minutes began that rang
    a phone and came to nothing by the customer's own doing, newest first.
    """

    live_call_id: str | None
    reservation_id: int | None
    failed_attempts: list[datetime]


def going_on(customer: Customer, at: datetime) -> GoingOn:
    """What the customer has going on at `at`."""
    row = _GOING_ON.first(customer.pk, at, at - ATTEMPTS_WINDOW)
    assert row is not None, "a customer is never deleted"
    return GoingOn(row.live_call_id, row.reservation_id, row.failed_attempts)  # type: ignore[attr-defined]


_NEWEST = Call.objects.filter(customer=OuterRef(OuterRef("pk"))).order_by("-id").values("pk")
_LIVE = Call.objects.filter(customer=OuterRef("pk"), status__in=LIVE_STATUSES).order_by()
_RESERVED = Reservation.objects.filter(
    customer=OuterRef("pk"), state=ReservationState.OPEN, ends_at__gt=parameter(2)
).order_by()
# What an operator, the carrier, or we were the cause of does not count, nor a phone that screens calls: it answers, and nobody presses 1.
_FAILED = Call.objects.filter(
    Q(ringing_at__isnull=False) | Q(customer_answered_at__isnull=False),  # some carriers only connect
    pk__in=_NEWEST[:_ATTEMPTS_AMONG],
    initiated_at__gt=parameter(3),
    joined_at__isnull=True,
    end_reason__in=caused_by(Cause.CUSTOMER),
).exclude(end_reason=EndReason.CUSTOMER_CANCELLED, customer_no_key_at__isnull=False)
_GOING_ON = PlannedQuery(
    Customer.objects.only("pk").annotate(
        live_call_id=Subquery(_LIVE.values("call_id")[:1]),
        reservation_id=Subquery(_RESERVED.values("pk")[:1]),
        failed_attempts=ArraySubquery(_FAILED.order_by("-id").values("initiated_at")),
    ),
    "pk",
)
