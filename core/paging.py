"""Keyset pages: as quick on page 10,000 as on the first. No page numbers, no counting."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _

from core.errors import Invalid
from core.parse import MAX_ID, whole_number

M = TypeVar("M", bound=Model)

MAX_LIMIT = 100


@dataclass(frozen=True, slots=True)
class Page(Generic[M]):
    """Some rows and where the next ones begin (None: there are none)."""

    items: Sequence[M]
    next_before: int | None


def page_before(rows: QuerySet[M], *, before: str | None, limit: int = 20) -> Page[M]:
    """Rows ordered by falling id, those with an id below `before`. Raises Invalid for a cursor that is none."""
    if before:
        cursor = whole_number(before, most=MAX_ID)
        if cursor is None:
            raise Invalid(_("before: not a place in this list."))
        rows = rows.filter(pk__lt=cursor)
    page_rows = list(rows.order_by("-pk")[: limit + 1])
    items = page_rows[:limit]
    return Page(items=items, next_before=items[-1].pk if len(page_rows) > limit else None)


def limit_of(text: str | None, default: int = 20) -> int:
    """A page size from a query string. Raises Invalid."""
    if text is None or text == "":
        return default
    limit = whole_number(text, most=MAX_LIMIT)
    if not limit:
        raise Invalid(_("limit: 1 to %(most)s.") % {"most": MAX_LIMIT})
    return limit
