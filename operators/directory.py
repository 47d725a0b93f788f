"""Finding somebody to talk to: search, filters, order, and whom a customer knows already.

The order is told on the page: who can talk now comes first, then who is in a call, away, offline; inside each of these
by standing (weighted rating, customers who come back, calls taken), price or how new they are. Every page is read off an index, so it takes as long with twelve
operators as with twelve thousand. `availability_rank` does not know that time ended a presence; the few it is wrong
about are put last on their page.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.core.cache import cache
from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from brands.models import Brand
from core import clock
from core.errors import Invalid
from operators import directory_reads, pricing
from operators.availability import online_at, rank_at
from operators.directory_words import query_of
from operators.models import Listing, Operator
from operators.states import ApprovalStatus

_CHOICES_SECONDS = 600


class Sort(StrEnum):
    """The orders inside the groups of availability."""

    RATING = "rating"
    PRICE = "price"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class DirectoryFilters:
    """What somebody looks for; amounts in cents, `min_rating` in whole stars. Empty means all."""

    words: str = ""
    language: str = ""
    specialty: str = ""
    max_rate_minor: int | None = None
    min_rating: int = 0
    is_online: bool = False
    sort: Sort = Sort.RATING

    @property
    def is_empty(self) -> bool:
        """Whether it leaves nobody out."""
        return self == DirectoryFilters(sort=self.sort)


@dataclass(frozen=True, slots=True)
class DirectoryPage:
    """Operators in order, and where the next ones begin (None: there are none)."""

    items: Sequence[Operator]
    next_after: str | None


def search(
    brand: Brand | None, filters: DirectoryFilters, *, after: str = "", limit: int = 24
) -> DirectoryPage:
    """One page of the brand's operators (of all, without one). `after` is the `next_after` of the page before. Raises Invalid."""
    at = clock.now()
    order = order_of(filters.sort, at)
    if brand is not None and filters.is_empty and not after:
        page_rows = directory_reads.first_rows(brand.pk, at, order, limit + 1)
    else:
        rows = matching(brand, filters, at).annotate(rank=rank_at(at))
        if after:
            rows = rows.filter(_after_cursor(filters.sort, after, at))
        page_rows = list(rows.order_by(*order)[: limit + 1])
    items = page_rows[:limit]
    next_after = _cursor(filters.sort, items[-1], at) if len(page_rows) > limit else None
    return DirectoryPage(sorted(items, key=lambda operator: operator.rank), next_after)  # type: ignore[attr-defined]


def matching(brand: Brand | None, filters: DirectoryFilters, at: datetime) -> QuerySet[Operator]:
    """The brand's operators (all, without one) who fit, in no order."""
    return _apply_filters(_listed_operators(brand), filters, at)


def choices(brand: Brand) -> dict[str, list[str]]:
    """The languages and specialties that operators of this brand have, at most ten minutes old."""

    def read() -> dict[str, list[str]]:
        with connection.cursor() as cursor:
            lists = {}
            for column in ("languages", "specialties"):
                cursor.execute(
                    f"SELECT DISTINCT jsonb_array_elements_text({column}) AS word FROM operators_operator o "  # noqa: S608
                    "JOIN operators_listing l ON l.operator_id = o.id AND l.brand_id = %s AND l.is_active "
                    "WHERE o.approval_status = %s ORDER BY word LIMIT 100",
                    [brand.pk, ApprovalStatus.APPROVED],
                )
                lists[column] = [word for (word,) in cursor.fetchall()]
        return lists

    return cache.get_or_set(f"operator-choices.{brand.pk}", read, _CHOICES_SECONDS) or {}


def favorites_of(customer_id: int, brand: Brand) -> list[Operator]:
    """The customer's favourites on this brand, newest first."""
    return directory_reads.favorites(customer_id, brand.pk)


def favorite_ids(customer_id: int, operators: Sequence[Operator]) -> set[int]:
    """Which of these the customer marked."""
    return directory_reads.marked_among(customer_id, [operator.pk for operator in operators])


def recently_met(customer_id: int, brand: Brand) -> list[Operator]:
    """With whom the customer talked or wrote, the last first."""
    return directory_reads.met(customer_id, brand.pk)


def spelled_as_listed(brand: Brand | None, language: str) -> str:
    """The language as this brand's operators spell it, whatever its case; unchanged if nobody speaks it."""
    languages = choices(brand)["languages"] if brand and language else []
    return next((word for word in languages if word.casefold() == language.casefold()), language)


def _listed_operators(brand: Brand | None) -> QuerySet[Operator]:
    approved = Operator.objects.filter(approval_status=ApprovalStatus.APPROVED)
    if brand is None:
        return approved
    listing = Listing.objects.filter(operator=OuterRef("pk"), brand=brand, is_active=True)
    return approved.filter(Exists(listing))


def _apply_filters(rows: QuerySet[Operator], filters: DirectoryFilters, at: datetime) -> QuerySet[Operator]:
    if query := query_of(filters.words):
        rows = rows.filter(search_stems=query)
    if filters.language:
        rows = rows.filter(languages__contains=[filters.language[:40]])
    if filters.specialty:
        rows = rows.filter(specialties__contains=[filters.specialty[:40]])
    if filters.max_rate_minor is not None:
        rows = rows.filter(**{f"{pricing.rate_field(at)}__lte": filters.max_rate_minor})
    if filters.min_rating:
        rows = rows.filter(rating_count__gt=0, weighted_rating__gte=filters.min_rating * 100)
    if filters.is_online:
        rows = rows.filter(online_at(at))
    return rows


def order_of(sort: Sort, at: datetime) -> list[str]:
    """The columns of an order, which an index has."""
    inside = {
        Sort.RATING: ["-standing", "id"],
        Sort.PRICE: [pricing.rate_field(at), "id"],
        Sort.NEW: ["-id"],
    }
    return ["availability_rank", *inside[sort]]


def _cursor(sort: Sort, last: Operator, at: datetime) -> str:
    key = {Sort.RATING: last.standing, Sort.PRICE: pricing.rate_minor(last, at), Sort.NEW: 0}[sort]
    return f"{last.availability_rank}-{key}-{last.pk}"


def _after_cursor(sort: Sort, after: str, at: datetime) -> Q:
    match = re.fullmatch(r"([0-3])-([0-9]{1,9})-([0-9]{1,18})", after)
    if match is None:
        raise Invalid("after: not a place in this list.")
    rank, key, operator_id = (int(part) for part in match.groups())
    rate = pricing.rate_field(at)
    same: dict[Sort, Q] = {
        Sort.RATING: Q(standing__lt=key) | Q(standing=key, id__gt=operator_id),
        Sort.PRICE: Q(**{f"{rate}__gt": key}) | Q(**{rate: key}, id__gt=operator_id),
        Sort.NEW: Q(id__lt=operator_id),
    }
    # The first condition says nothing new: it lets the index begin where the page begins.
    return Q(availability_rank__gte=rank) & (Q(availability_rank__gt=rank) | same[sort])
