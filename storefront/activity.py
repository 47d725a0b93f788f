"""A customer's activity, a page at a time: calls, texts, money in and out, and gifts, the newest first."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from billing import activity
from billing.activity import ActivityKind, Moved, Selection, balance_below
from core.encryption import InvalidToken, decrypt, encrypt
from core.errors import Invalid
from core.merging import Merged, merge
from customers.models import Customer
from storefront.activity_rows import Row, Thing, rows_of
from telephony.activity import uncharged_calls
from web.filters import LedgerFilters

_CSV_PAGE = 300


@dataclass(frozen=True, slots=True)
class Cursor:
    """Up to where each list was shown, and the balance below. It travels encrypted: nobody writes a balance into a page."""

    customer_id: int
    positions: tuple[int | None, ...] = (None, None, None)
    balance_minor: int | None = None

    def sealed(self) -> str:
        """As it stands in an address."""
        values = (self.customer_id, *self.positions, self.balance_minor)
        return encrypt("activity:" + ",".join("" if value is None else str(value) for value in values))

    @classmethod
    def opened(cls, text: str, customer_id: int) -> "Cursor":
        """The one in an address; the first page's for none. Raises Invalid for any other text, and for another person's."""
        if not text:
            return cls(customer_id)
        try:
            name, values = decrypt(text).partition(":")[::2]
        except InvalidToken:
            raise Invalid(_("before: not a place in this list.")) from None
        numbers = [int(value) if value else None for value in values.split(",")] if name == "activity" else []
        if not numbers or numbers[0] != customer_id:
            raise Invalid(_("before: not a place in this list."))
        return cls(customer_id, tuple(numbers[1:-1]), numbers[-1])


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows, and where the next ones begin (None: there are none)."""

    rows: list[Row]
    following: Cursor | None


def selection_of(customer: Customer, filters: LedgerFilters) -> Selection:
    """What the filters of an address choose; days are the customer's. Needs the user loaded."""
    begin, end = filters.bounds(ZoneInfo(customer.user.time_zone))
    return Selection(customer.pk, ActivityKind(filters.kind) if filters.kind else None, begin, end)


def page_of(selection: Selection, cursor: Cursor, *, zone: ZoneInfo, limit: int) -> Page:
    """At most `limit` rows from the cursor on: a handful of statements, however long the history is."""
    of_wallet, of_packages, of_calls = cursor.positions
    merged: Merged[Thing] = merge(
        [
            activity.moved(selection, before=of_wallet, balance_minor=cursor.balance_minor, limit=limit),
            activity.given_minutes(selection, before=of_packages, limit=limit),
            uncharged_calls(selection, before=of_calls, limit=limit),
        ],
        limit,
    )
    rows = rows_of(selection.customer_id, merged.rows, zone)
    if merged.is_last:
        return Page(rows, None)
    things = [thing for thing in merged.rows if isinstance(thing, Moved)]
    balance_minor = balance_below(things[-1]) if things else cursor.balance_minor
    return Page(rows, replace(cursor, positions=merged.positions, balance_minor=balance_minor))


def all_rows(selection: Selection, zone: ZoneInfo) -> Iterator[Row]:
    """Every row of the selection, a page at a time: for the CSV."""
    cursor: Cursor | None = Cursor(selection.customer_id)
    while cursor is not None:
        page = page_of(selection, cursor, zone=zone, limit=_CSV_PAGE)
        yield from page.rows
        cursor = page.following


def row_of_transaction(customer: Customer, transaction_id: int) -> tuple[Row, Moved] | None:
    """The row that a transaction of the customer's is in; None if there is none."""
    thing = activity.thing_of(customer.pk, transaction_id)
    if thing is None:
        return None
    [row] = rows_of(customer.pk, [thing], ZoneInfo(customer.user.time_zone))
    return row, thing
