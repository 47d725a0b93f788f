"""The free seconds that an authorization keeps, and of which packages."""

from operator import attrgetter

from billing.models import Authorization, Reservation
from core.planned_query import PlannedQuery


def kept_seconds(authorization: Authorization) -> list[Reservation]:
    """In the order of their use, packages loaded. One statement."""
    return sorted(_KEPT.all(authorization.pk), key=attrgetter("order"))


_KEPT = PlannedQuery(Reservation.objects.select_related("package"), "authorization")
