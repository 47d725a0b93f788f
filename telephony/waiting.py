"""Reads about customers who wait for operators."""

from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet

from core.planned_query import PlannedStatement
from operators.models import Listing
from operators.states import Availability
from telephony.models import AvailabilityWatch, Call
from telephony.states import LIVE_STATUSES, WatchState

NEWS_LASTS = timedelta(minutes=10)  # that an operator is free is shown on pages for so long
_WAITED_FOR = PlannedStatement(
    "SELECT EXISTS (SELECT FROM telephony_availabilitywatch WHERE operator_id = $1 AND expires_at > $2 AND state = 'open')"
)


def open_watches(at: datetime) -> QuerySet[AvailabilityWatch]:
    """Who waits to be told at `at`."""
    return AvailabilityWatch.objects.filter(state=WatchState.OPEN, expires_at__gt=at)


def is_waited_for(operator_id: int, at: datetime) -> bool:
    """Whether anybody waits to be told about the operator at `at`: asked with every call that ends."""
    with connection.cursor() as cursor:
        _WAITED_FOR.execute(cursor, [operator_id, at])
        return bool(cursor.fetchone()[0])


def open_watch(customer_id: int, operator_id: int, at: datetime) -> AvailabilityWatch | None:
    """Whether this customer waits to be told about this operator."""
    return open_watches(at).filter(customer=customer_id, operator=operator_id).order_by().first()


def watches_of(customer_id: int, at: datetime) -> list[AvailabilityWatch]:
    """Whom the customer waits to be told about, newest first, operators loaded."""
    rows = open_watches(at).filter(customer=customer_id)
    return list(rows.select_related("operator").order_by("-id"))


def watches_to_tell(operator_id: int, at: datetime, limit: int) -> list[AvailabilityWatch]:
    """The longest waiting of those to be told that the operator is free; not who is in a call, nor where the operator
    isn't listed now.
    """
    live = Call.objects.filter(customer=OuterRef("customer"), status__in=LIVE_STATUSES)
    listed = Listing.objects.filter(operator=operator_id, brand=OuterRef("brand"), is_active=True)
    rows = open_watches(at).filter(~Exists(live), Exists(listed), operator=operator_id, brand__is_active=True)
    return list(rows.select_related("customer__user", "brand", "operator").order_by("id")[:limit])


def free_operator_news(customer_id: int, at: datetime) -> AvailabilityWatch | None:
    """The last of whom the customer was told a moment ago, if they haven't read it and the operator is still free."""
    told = AvailabilityWatch.objects.filter(
        customer=customer_id, state=WatchState.TOLD, ended_at__gt=at - NEWS_LASTS, dismissed_at=None
    )
    watch = told.select_related("operator").order_by("-id").first()
    is_free = watch is not None and watch.operator.availability == Availability.ONLINE
    return watch if is_free else None
