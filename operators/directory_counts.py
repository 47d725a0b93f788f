"""How many a filter of the directory leaves, counted among the first hundred: no page counts a large table."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from brands.models import Brand
from core import clock
from operators import directory_reads, pricing
from operators.availability import ONLINE, rank_at
from operators.directory import DirectoryFilters, matching, order_of
from operators.models import Operator

MOST = 100
GOOD_RATING = 4  # stars


@dataclass(frozen=True, slots=True)
class Count:
    """A number of people; `is_least`: there may be more, since only the first hundred were counted."""

    number: int
    is_least: bool = False

    def __str__(self) -> str:
        return f"{self.number}+" if self.is_least else str(self.number)


@dataclass(frozen=True, slots=True)
class DirectoryCounts:
    """Of those who match: all, and those who would remain with one filter more. `rates` in cents, one for each person counted."""

    total: Count
    online: Count
    well_rated: Count
    topics: dict[str, Count]  # most common first
    languages: dict[str, Count]
    rates: list[int]

    def at_most(self, rate_minor: int) -> Count:
        """Whose minute costs this or less."""
        return Count(sum(rate <= rate_minor for rate in self.rates), self.total.is_least)


def count_matching(brand: Brand, filters: DirectoryFilters) -> DirectoryCounts:
    """What is among the first `MOST` who match, in one statement."""
    at = clock.now()
    columns = ("specialties", "languages", pricing.rate_field(at), "weighted_rating", "rating_count")
    order = order_of(filters.sort, at)
    if filters.is_empty:
        found = directory_reads.counted_rows(brand.pk, at, order, columns, MOST + 1)
    else:
        rows = matching(brand, filters, at).only("pk", *columns).annotate(rank=rank_at(at))
        found = list(rows.order_by(*order)[: MOST + 1])
    is_least = len(found) > MOST
    found = found[:MOST]

    def counted(words: Iterable[str]) -> dict[str, Count]:
        return {word: Count(number, is_least) for word, number in Counter(words).most_common()}

    return DirectoryCounts(
        total=Count(len(found), is_least),
        online=Count(sum(row.rank == ONLINE for row in found), is_least),  # type: ignore[attr-defined]
        well_rated=Count(sum(_is_well_rated(row) for row in found), is_least),
        topics=counted(word for row in found for word in set(row.specialties)),
        languages=counted(word for row in found for word in set(row.languages)),
        rates=[pricing.rate_minor(row, at) for row in found],
    )


def _is_well_rated(operator: Operator) -> bool:
    return operator.rating_count > 0 and operator.weighted_rating >= GOOD_RATING * 100
