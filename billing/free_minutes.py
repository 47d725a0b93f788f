"""Which free minutes a call may use, and in what order (docs/design.md section 4)."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Case, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce

from billing import conf
from billing.models import FreeMinutesPackage
from billing.terms import NOBODY


def left_for(customer: int | OuterRef, operator_id: int | RawSQL) -> QuerySet[FreeMinutesPackage]:
    """Packages of a customer with seconds left for this operator, the expired ones among them."""
    return FreeMinutesPackage.objects.filter(
        Q(operator=operator_id) | Q(operator__isnull=True), customer=customer, seconds_remaining__gt=0
    )


def for_call(customer_id: int | OuterRef, operator_id: int) -> QuerySet[FreeMinutesPackage]:
    """The same in the order they are used.

    Those for this operator first, then those for any; by age inside each (or by expiry, as the house has it).
    """
    first = "expires_at" if conf.soonest_expiry_first() else "granted_at"
    return left_for(customer_id, operator_id).order_by(F("operator").asc(nulls_last=True), first, "id")


def in_order(packages: Sequence[FreeMinutesPackage], at: datetime) -> list[FreeMinutesPackage]:
    """Those of `for_call` that have not expired at `at`, in the order that calls use them.

    An operator's first minutes never cost a customer the fee that other minutes would have covered: those stay first then.
    """
    usable = [package for package in packages if package.expires_at > at]
    others = [package for package in usable if not package.is_first_minutes]
    if len(others) == len(usable) or not fee_coverage([(package, 0) for package in others[:1]]):
        return usable
    first = [package for package in usable if package.is_first_minutes]
    return [others[0], *first, *others[1:]]


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


def fee_coverage(chosen: Sequence[tuple[FreeMinutesPackage, int]]) -> str:
    """Who gave the minutes that cover the fee of a call which uses these: those used first decide. Empty: nobody."""
    return chosen[0][0].fee_coverage if chosen else NOBODY


def coverage_read_along(operator_id: int, at: datetime) -> Coalesce:
    """The same for a query of customers who may call this operator at `at`."""
    first = for_call(OuterRef("pk"), operator_id).filter(expires_at__gt=at, is_first_minutes=False)
    funder = Case(When(covers_fee=True, then=F("funded_by")), default=Value(NOBODY))
    return Coalesce(Subquery(first.annotate(coverage=funder).values("coverage")[:1]), Value(NOBODY))
