"""Write off free minutes that nobody used in time. Run every few minutes by the worker; safe to run at any time."""

from datetime import datetime

from django.db.models import F

from billing.models import FreeMinutesPackage
from core.db import transactional

BATCH = 500


@transactional
def expire_free_minutes(*, at: datetime) -> int:
    """Write off what remains of packages that expired at or before `at`; the number of packages.

    Reserved seconds stay with their call. A package that somebody is just using is left for the next run, so that this
    never waits and can never be half of a deadlock.
    """
    due = FreeMinutesPackage.objects.filter(expires_at__lte=at, seconds_remaining__gt=0).order_by(
        "expires_at"
    )
    ids = list(due.select_for_update(skip_locked=True).values_list("id", flat=True)[:BATCH])
    return FreeMinutesPackage.objects.filter(id__in=ids).update(
        seconds_expired=F("seconds_expired") + F("seconds_remaining"), seconds_remaining=0
    )
