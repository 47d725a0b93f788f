"""Who can take a call now, defined once.

`STORED_RANK` is the generated column `Operator.availability_rank`: all that does not depend on the time. Two times end
an online presence by themselves, without a write: `online_until` and `wrap_up_until`; so does `reserved_until`. A vacation is offline from its
first moment to its last. `rank_at` and `online_at` add these times in a query (the directory), `availability_at` adds them to a row that was read
(`Operator.availability`). A break is an away presence; its end is written by the sweep, which looks first whether they may work.
"""

from datetime import datetime

from django.db.models import Case, F, IntegerField, Q, Value, When
from django.db.models.expressions import RawSQL

from operators.states import Availability, Presence

ONLINE, BUSY, AWAY, OFFLINE = range(4)  # the ranks, in the order of the directory
_BY_RANK = (Availability.ONLINE, Availability.BUSY, Availability.AWAY, Availability.OFFLINE)

STORED_RANK = Case(
    When(Q(takes_calls=False) | Q(presence=Presence.OFFLINE), then=Value(OFFLINE)),
    When(in_call=True, then=Value(BUSY)),
    When(presence=Presence.AWAY, then=Value(AWAY)),
    default=Value(ONLINE),
)


def rank_at(at: datetime | RawSQL) -> Case:
    """For a query of approved operators: the rank of each at `at`."""
    return Case(
        When(_on_vacation_at(at), then=Value(OFFLINE)),
        When(availability_rank__gt=ONLINE, then=F("availability_rank")),
        When(online_until__lte=at, then=Value(AWAY)),
        When(wrap_up_until__gt=at, then=Value(BUSY)),
        When(reserved_until__gt=at, then=Value(BUSY)),
        default=Value(ONLINE),
        output_field=IntegerField(),
    )


def online_at(at: datetime) -> Q:
    """For a query of approved operators: `rank_at` is ONLINE, in terms that the planner can estimate."""
    return (
        Q(availability_rank=ONLINE)
        & (Q(online_until=None) | Q(online_until__gt=at))
        & (Q(wrap_up_until=None) | Q(wrap_up_until__lte=at))
        & (Q(reserved_until=None) | Q(reserved_until__lte=at))
        & (Q(vacation_from=None) | Q(vacation_from__gt=at) | Q(vacation_until__lte=at))
    )


def _on_vacation_at(at: datetime | RawSQL) -> Q:
    return Q(vacation_from__lte=at, vacation_until__gt=at)


def availability_at(rank: int, *, has_timed_out: bool, is_taken: bool, is_on_vacation: bool) -> Availability:
    """What the stored rank of an approved operator means at a time; the flags say what its times do to it."""
    if is_on_vacation:
        return Availability.OFFLINE
    if rank == ONLINE and has_timed_out:
        return Availability.AWAY
    if rank == ONLINE and is_taken:
        return Availability.BUSY
    return _BY_RANK[rank]
