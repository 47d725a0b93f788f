"""How many free minutes operators can still give away in this calendar month, where each of them lives."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import F

from billing.models import FreeMinutesPackage
from billing.states import FundedBy
from core.days import start_of_month
from operators.models import Operator


def minutes_left_of(operators: Collection[Operator], at: datetime) -> dict[int, int]:
    """Operator id → minutes left of what staff allow. What was given counts, used or not. Two queries, whatever the number."""
    ids = [operator.pk for operator in operators]
    zones = dict(Operator.objects.filter(pk__in=ids).values_list("pk", "user__time_zone"))
    months = {pk: start_of_month(at, zone) for pk, zone in zones.items()}
    given = dict.fromkeys(ids, 0)
    packages = FreeMinutesPackage.objects.filter(
        operator__in=ids,
        funded_by=FundedBy.OPERATOR,
        granted_by=F("operator__user"),
        granted_at__gte=min(months.values(), default=at),
    )
    for pk, granted_at, seconds in packages.values_list("operator_id", "granted_at", "seconds_granted"):
        if pk is not None and granted_at >= months[pk]:
            given[pk] += seconds
    return {
        operator.pk: max(0, operator.free_minutes_per_month - given[operator.pk] // 60)
        for operator in operators
    }
