"""Tell customers that free minutes are about to expire."""

from datetime import timedelta

from django.db.models import F
from django.utils.translation import ngettext

from billing.models import FreeMinutesPackage
from core import clock
from core.db import transactional
from notices.letters import customer_home, time_of
from notices.services.enqueue import enqueue
from notices.states import NoticeKind

TOLD_BEFORE = timedelta(days=3)
LEAST_AGE = timedelta(days=4)  # a package that lives shorter was just given
_MINUTE = 60
_BATCH = 1_000


@transactional
def tell_minutes_ending() -> int:
    """A notice for each package with whole minutes left that expires in the next days, once; how many packages."""
    at = clock.now()
    ending = FreeMinutesPackage.objects.filter(
        expires_at__gt=at,
        expires_at__lte=at + TOLD_BEFORE,
        seconds_remaining__gte=_MINUTE,
        expires_at__gte=F("granted_at") + LEAST_AGE,
        customer__closed_at=None,
    )
    packages = list(
        ending.select_related("customer__user", "customer__home_brand").order_by("expires_at")[:_BATCH]
    )
    for package in packages:
        minutes, person = package.seconds_remaining // _MINUTE, package.customer.user
        enqueue(
            NoticeKind.MINUTES_ENDING,
            recipient=person,
            brand=package.customer.home_brand,
            key=f"minutes:{package.pk}",
            minutes=ngettext("%(count)s free minute", "%(count)s free minutes", minutes) % {"count": minutes},
            until=time_of(package.expires_at, person),
            url=customer_home(package.customer.home_brand),
        )
    return len(packages)
