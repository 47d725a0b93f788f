"""What an operator was paid, in runs and outside of them, and what is on its way: a page at a time, the newest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from billing.payouts.models import OutsidePayout, PayoutItem
from billing.payouts.outside import outside_payouts_of
from core.days import write_date
from core.errors import Invalid
from core.parse import MAX_ID, whole_number
from operators.models import Operator
from portal.payouts import ShownPayout, shown_payouts

PAGE = 20


@dataclass(frozen=True, slots=True)
class ShownOutside:
    """A payout made outside of a run, with its state in words."""

    payout: OutsidePayout
    state: str
    is_returned: bool

    @property
    def is_outside(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class History:
    """One page. `older_before`: where the next one begins; None: there is none."""

    rows: Sequence[ShownPayout | ShownOutside]
    older_before: str | None


def history_of(operator: Operator, before: str | None) -> History:
    """From `before` on, which an earlier page named. Two queries. Raises Invalid for what is no such place.

    Either kind is read by falling ids, and a place names one of each: so each payout is on one page, whatever its time.
    """
    item_before, outside_before = _place(before)
    items = PayoutItem.objects.filter(operator=operator).select_related("run", "account").order_by("-pk")
    outside = outside_payouts_of(operator.pk)
    lists = (_first(items, "pk", item_before), _first(outside, "transaction", outside_before))
    both: list[PayoutItem | OutsidePayout] = list(merge(*lists, key=_time_of, reverse=True))
    page = both[:PAGE]
    of_runs = [row for row in page if isinstance(row, PayoutItem)]
    separate = [row for row in page if isinstance(row, OutsidePayout)]
    if of_runs:
        item_before = of_runs[-1].pk
    if separate:
        outside_before = separate[-1].transaction_id
    shown = iter(shown_payouts(of_runs))
    return History(
        [_outside(row) if isinstance(row, OutsidePayout) else next(shown) for row in page],
        f"{item_before or ''}-{outside_before or ''}" if len(both) > PAGE else None,
    )


def _first(rows: QuerySet[Any], name: str, before: int | None) -> list[Any]:
    return list((rows if before is None else rows.filter(**{f"{name}__lt": before}))[: PAGE + 1])


def _time_of(row: PayoutItem | OutsidePayout) -> datetime:
    """When it came into the books, or into a run."""
    return row.run.prepared_at if isinstance(row, PayoutItem) else row.transaction.created_at


def _place(before: str | None) -> tuple[int | None, int | None]:
    first, _dash, second = (before or "").partition("-")
    found = [whole_number(text, most=MAX_ID) if text else None for text in (first, second)]
    if any(text and number is None for text, number in zip((first, second), found, strict=True)):
        raise Invalid(_("before: not a place in this list."))
    return found[0], found[1]


def _outside(payout: OutsidePayout) -> ShownOutside:
    """Needs what became of it, as `outside_payouts_of` reads it."""
    returned_at: datetime | None = getattr(payout, "returned_at")  # noqa: B009 (annotated)
    if returned_at is None:
        return ShownOutside(
            payout, _("Paid on %(day)s") % {"day": write_date(payout.paid_on)}, is_returned=False
        )
    day, why = write_date(timezone.localtime(returned_at)), getattr(payout, "return_reason")  # noqa: B009 (annotated)
    return ShownOutside(
        payout, _("Returned on %(day)s: %(why)s") % {"day": day, "why": why}, is_returned=True
    )
