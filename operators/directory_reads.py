"""What nearly every page of the directory asks, composed once a process: its first page without a filter, and whom a customer knows.

To compose these statements took longer than all else that the page reads.
"""

from collections.abc import Sequence
from functools import lru_cache

from django.db.models import BooleanField, Exists, OuterRef, QuerySet
from django.db.models.expressions import RawSQL

from core.planned_query import PlannedQuery, parameter
from operators.availability import rank_at
from operators.models import Favourite, Interaction, Listing, Operator
from operators.states import ApprovalStatus

FAVORITES, RECENT = 12, 6  # on a page
_SEARCHED = ("search_stems", "search_vector")  # shown nowhere


def first_rows(brand_id: int, at: object, order: Sequence[str], limit: int) -> list[Operator]:
    """The first operators of the brand in `order`, with their `rank` at the time `at`."""
    return _first(tuple(order), limit).all(brand_id, at)


def counted_rows(
    brand_id: int, at: object, order: Sequence[str], columns: Sequence[str], limit: int
) -> list[Operator]:
    """The same with `columns` alone: the others are deferred."""
    return _counted(tuple(order), tuple(columns), limit).all(brand_id, at)


def favorites(customer_id: int, brand_id: int) -> list[Operator]:
    """The customer's favourites on the brand, newest first."""
    return [row.operator for row in _FAVORITES.all(customer_id, brand_id)]


def marked_among(customer_id: int, operator_ids: Sequence[int]) -> set[int]:
    """Which of these the customer marked."""
    return {row.operator_id for row in _MARKED.all(customer_id, list(operator_ids))}


def met(customer_id: int, brand_id: int) -> list[Operator]:
    """With whom of the brand the customer talked or wrote, the last first."""
    return [row.operator for row in _MET.all(customer_id, brand_id)]


def _listed(brand: RawSQL) -> QuerySet[Operator]:
    listing = Listing.objects.filter(operator=OuterRef("pk"), brand=brand, is_active=True)
    return Operator.objects.filter(Exists(listing), approval_status=ApprovalStatus.APPROVED)


@lru_cache(100)
def _first(order: tuple[str, ...], limit: int) -> PlannedQuery[Operator]:
    rows = _listed(parameter(1)).defer(*_SEARCHED).annotate(rank=rank_at(parameter(2)))
    return PlannedQuery(rows.order_by(*order)[:limit], is_ordered=True)


@lru_cache(100)
def _counted(order: tuple[str, ...], columns: tuple[str, ...], limit: int) -> PlannedQuery[Operator]:
    rows = _listed(parameter(1)).only("pk", *columns).annotate(rank=rank_at(parameter(2)))
    return PlannedQuery(rows.order_by(*order)[:limit], is_ordered=True)


_FAVORITES = PlannedQuery(
    Favourite.objects.filter(customer=parameter(1), operator__in=_listed(parameter(2)))
    .select_related("operator")
    .order_by("-id")[:FAVORITES],
    is_ordered=True,
)
_MARKED = PlannedQuery(
    Favourite.objects.only("operator").filter(
        RawSQL('"operators_favourite"."operator_id" = ANY($2)', (), BooleanField())
    ),
    "customer",
)
_MET = PlannedQuery(
    Interaction.objects.filter(customer=parameter(1), operator__in=_listed(parameter(2)))
    .select_related("operator")
    .order_by("-last_at")[:RECENT],
    is_ordered=True,
)
