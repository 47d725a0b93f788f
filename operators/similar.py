"""Who else could be called now instead of an operator who can't."""

from django.db.models import Exists, OuterRef

from brands.models import Brand
from core import clock
from operators import pricing
from operators.availability import online_at
from operators.models import Block, Listing, Operator
from operators.states import ApprovalStatus

_LOOKED_AT = 60  # of those who are free, the best rated: read off an index


def similar_to(
    operator: Operator, brand: Brand, *, customer_id: int | None = None, limit: int = 3
) -> list[Operator]:
    """Those of the brand who can take a call now and are most like `operator`: topics in common first, then the nearer price.

    Nobody between whom and the customer there is a block. One query over a bounded number of rows.
    """
    at = clock.now()
    listed = Listing.objects.filter(operator=OuterRef("pk"), brand=brand, is_active=True)
    rows = Operator.objects.filter(online_at(at), Exists(listed), approval_status=ApprovalStatus.APPROVED)
    if customer_id is not None:
        rows = rows.exclude(Exists(Block.objects.filter(operator=OuterRef("pk"), customer=customer_id)))
    free = rows.exclude(pk=operator.pk).order_by("availability_rank", "-standing", "id")[:_LOOKED_AT]
    topics, rate = set(operator.specialties), pricing.rate_minor(operator, at)

    def distance(other: Operator) -> tuple[int, int]:
        return -len(topics & set(other.specialties)), abs(pricing.rate_minor(other, at) - rate)

    return sorted(free, key=distance)[:limit]
