"""Where an operator is in each brand's directory now, and what puts them there: for their dashboard.

Counted over the index that the directory is read off, `MOST_COUNTED` operators at most.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from brands.models import Brand
from operators.availability import ONLINE
from operators.directory import DirectoryFilters, Sort, matching, order_of
from operators.models import Operator
from operators.models.operator import NEWCOMER_DAYS
from operators.states import ApprovalStatus

MOST_COUNTED = 500


@dataclass(frozen=True, slots=True)
class Place:
    """A place on one brand, 1 is the first; None: behind `MOST_COUNTED` others. `if_online`: the one that going online would give."""

    brand: Brand
    now: int | None
    if_online: int | None


@dataclass(frozen=True, slots=True)
class Standing:
    """What orders those who are equally available, in hundredths of a star; `newcomer_until`: cards say "new" up to then.

    `rating` counts as if five more customers had given four stars; `returning` is added for customers who come back, `answered`
    for the calls that were taken.
    """

    rating: int
    returning: int
    answered: int
    newcomer_until: datetime | None

    @property
    def total(self) -> int:
        return self.rating + self.returning + self.answered


def standing_of(operator: Operator, at: datetime) -> Standing:
    """What the directory knows of the operator at `at`."""
    is_new = operator.is_new(at)
    return Standing(
        rating=operator.weighted_rating,
        returning=operator.returning_points,
        answered=operator.answer_points,
        newcomer_until=operator.created_at + timedelta(days=NEWCOMER_DAYS) if is_new else None,
    )


def places_of(operator: Operator, at: datetime) -> list[Place]:
    """The places in the order that customers see first, one for each brand that lists the operator; none before approval.

    One query, and two for each of these brands.
    """
    if operator.approval_status != ApprovalStatus.APPROVED:
        return []
    listings = operator.listings.filter(is_active=True).select_related("brand").order_by("brand_id")
    rank = operator.availability_rank
    return [
        Place(
            brand=listing.brand,
            now=_place(operator, listing.brand, rank, at),
            if_online=_place(operator, listing.brand, ONLINE, at),
        )
        for listing in listings
    ]


def _place(operator: Operator, brand: Brand, rank: int, at: datetime) -> int | None:
    """The place of the operator if they had this rank of availability."""
    is_better = Q(standing__gt=operator.standing) | Q(standing=operator.standing, pk__lt=operator.pk)
    ahead = matching(brand, DirectoryFilters(), at).exclude(pk=operator.pk)
    ahead = ahead.filter(Q(availability_rank__lt=rank) | Q(availability_rank=rank) & is_better)
    count = ahead.order_by(*order_of(Sort.RATING, at)).values("pk")[:MOST_COUNTED].count()
    return None if count == MOST_COUNTED else count + 1
