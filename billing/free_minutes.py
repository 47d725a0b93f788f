"""Which free minutes a call may use, and in what order (docs/design.md section 4)."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import F, OuterRef, Q, QuerySet

from billing import conf
from billing.models import FreeMinutesPackage


def left_for(customer: int | OuterRef, operator_id: int) -> QuerySet[FreeMinutesPackage]:
    """Packages of a customer with seconds left for this operator, the expired ones among them."""
    return FreeMinutesPackage.objects.filter(
        Q(operator=operator_id) | Q(operator__isnull=True), customer=customer, seconds_remaining__gt=0
    )


def for_call(customer_id: int, operator_id: int) -> QuerySet[FreeMinutesPackage]:
    """The same in the order they are used.

    Those for this operator first, then those for any; by age inside each (or by expiry, as the house has it).
    """
    first = "expires_at" if conf.soonest_expiry_first() else "granted_at"
    return left_for(customer_id, operator_id).order_by(F("operator").asc(nulls_last=True), first, "id")


def choose(
    packages: Sequence[FreeMinutesPackage], cap_seconds: int, at: datetime
) -> list[tuple[FreeMinutesPackage, int]]:
    """What to reserve of each package that has not expired at `at`: no more than a call can use."""
    chosen = []
    for package in packages:
        seconds = min(package.seconds_remaining, cap_seconds) if package.expires_at > at else 0
        if seconds:
            chosen.append((package, seconds))
            cap_seconds -= seconds
    return chosen
