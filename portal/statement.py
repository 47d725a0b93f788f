"""The operator's statement: their payable in the ledger, line by line, each explaining itself.

A line is one ledger entry, so that lines, sums, CSV and balance are one figure. Of a customer it knows the alias.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import QuerySet, Sum

from billing.ledger.models import Entry, Transaction
from billing.ledger.states import EARNS_NOTHING, TransactionKind
from billing.models import Authorization
from billing.rating import as_minutes
from billing.selectors import earnings_of
from billing.states import FundedBy
from brands.models import Brand
from core.money import BPS, format_money
from operators.models import Operator
from web.filters import LedgerFilters

KINDS = {
    TransactionKind.CALL: "Calls",
    TransactionKind.CONNECT_FEE: "Connection fees",
    TransactionKind.PROMO: "Free minutes the platform paid",
    TransactionKind.MESSAGE: "Texts",
    TransactionKind.TIP: "Tips",
    TransactionKind.REFUND: "Refunds",
    TransactionKind.ADJUSTMENT: "Corrections",
    TransactionKind.PAYOUT: "Payouts",
    TransactionKind.OPENING: "Brought over",
}
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Line:
    """One line, amounts in cents. `minutes` are those paid by the customer, `paid_minor` what they paid, without tax."""

    at: datetime
    what: str
    alias: str
    site: str
    minutes: int | float | None
    free: str
    rate_minor: int | None
    paid_minor: int | None
    share: str
    earned_minor: int
    reference: str
    currency: str


def entries_of(operator: Operator, filters: LedgerFilters) -> QuerySet[Entry]:
    """The operator's entries that match, newest first. Needs the operator's user loaded."""
    zone = ZoneInfo(operator.user.time_zone)
    entries = earnings_of(operator.pk).select_related(
        "transaction__customer", "transaction__brand", "transaction__reverses"
    )
    begin, end = filters.bounds(zone)
    if begin:
        entries = entries.filter(transaction__created_at__gte=begin)
    if end:
        entries = entries.filter(transaction__created_at__lt=end)
    if filters.kind:
        entries = entries.filter(transaction__kind=filters.kind)
    if filters.brand:
        entries = entries.filter(transaction__brand__slug=filters.brand)
    return entries


def earned_minor(entries: QuerySet[Entry]) -> int:
    """What the selection earned: payouts and a balance brought over earn nothing."""
    earned = entries.exclude(transaction__kind__in=EARNS_NOTHING)
    return earned.order_by().aggregate(total=Sum("amount_minor"))["total"] or 0


def paid_out_minor(entries: QuerySet[Entry]) -> int:
    """What of the selection was paid to the operator."""
    payouts = entries.filter(transaction__kind=TransactionKind.PAYOUT)
    return -(payouts.order_by().aggregate(total=Sum("amount_minor"))["total"] or 0)


def lines_of(entries: Sequence[Entry]) -> list[Line]:
    """These entries explained: two more queries, however many there are."""
    references = {entry.transaction.reference for entry in entries} - {""}
    calls = {
        row.reference: row
        for row in Authorization.objects.filter(reference__in=references).prefetch_related("reservations")
    }
    return [_line(entry, calls.get(entry.transaction.reference)) for entry in entries]


def all_lines(entries: QuerySet[Entry]) -> Iterator[Line]:
    """Every matching line, oldest last, a chunk at a time: for the CSV."""
    before: int | None = None
    while True:
        rows = entries if before is None else entries.filter(pk__lt=before)
        chunk = list(rows.order_by("-pk")[:_CHUNK])
        yield from lines_of(chunk)
        if len(chunk) < _CHUNK:
            return
        before = chunk[-1].pk


def brands_of(operator: Operator) -> list[Brand]:
    """The brands a statement may be filtered by."""
    return list(Brand.objects.filter(listings__operator=operator).order_by("id"))


def _line(entry: Entry, call: Authorization | None) -> Line:
    transaction = entry.transaction
    kind = TransactionKind(transaction.kind)
    is_time = kind in (TransactionKind.CALL, TransactionKind.PROMO)
    return Line(
        at=transaction.created_at,
        what=_what(kind, transaction.reverses),
        alias=transaction.customer.alias if transaction.customer else "",
        site=transaction.brand.name if transaction.brand else "",
        minutes=as_minutes(transaction.seconds or 0) if kind == TransactionKind.CALL else None,
        free=_free_words(kind, call) if is_time else "",
        rate_minor=transaction.rate_minor,
        paid_minor=None if _is_platforms(kind, transaction.reverses) else _shared_minor(transaction),
        share=_share_words(kind, entry, call),
        earned_minor=entry.amount_minor,
        reference=transaction.reference,
        currency=transaction.currency,
    )


def _shared_minor(transaction: Transaction) -> int:
    """The size of what the customer paid or got back, without tax: the operator's share is of that."""
    return abs(transaction.operator_minor + transaction.platform_minor) or transaction.amount_minor


def _is_platforms(kind: TransactionKind, reversed_: Any) -> bool:
    """Whether the customer has no part in it."""
    kinds = {kind, TransactionKind(reversed_.kind)} if reversed_ else {kind}
    return bool(kinds & {TransactionKind.PROMO, *EARNS_NOTHING})


def _what(kind: TransactionKind, reversed_: Any) -> str:
    words = {
        TransactionKind.CALL: "Call",
        TransactionKind.CONNECT_FEE: "Connection fee",
        TransactionKind.PROMO: "Free minutes",
        TransactionKind.MESSAGE: "Text",
        TransactionKind.TIP: "Tip",
        TransactionKind.PAYOUT: "Paid out to you",
        TransactionKind.OPENING: "Balance from before",
        TransactionKind.CHARGEBACK: "Chargeback",
        TransactionKind.ADJUSTMENT: "Correction",
    }
    if kind == TransactionKind.REFUND:
        of = words.get(TransactionKind(reversed_.kind), "").lower() if reversed_ else ""
        return f"Refund of a {of}" if of else "Refund"
    if kind == TransactionKind.ADJUSTMENT and _is_platforms(kind, reversed_):
        return "Free minutes taken back"
    return words.get(kind, kind.label)


def _free_words(kind: TransactionKind, call: Authorization | None) -> str:
    """How many free minutes were used and who gave them."""
    if call is None or not call.free_used_seconds:
        return ""
    parts = []
    for funder, words in ((FundedBy.PLATFORM, "platform"), (FundedBy.OPERATOR, "you")):
        seconds = sum(r.used_seconds for r in call.reservations.all() if r.funded_by == funder)
        if seconds and (kind == TransactionKind.CALL or funder == FundedBy.PLATFORM):
            covered = " and the fee" if call.fee_covered_by == funder else ""
            parts.append(
                f"{as_minutes(seconds)}{covered} from {'the ' if words == 'platform' else ''}{words}"
            )
    return ", ".join(parts)


def _share_words(kind: TransactionKind, entry: Entry, call: Authorization | None) -> str:
    transaction = entry.transaction
    if kind == TransactionKind.PAYOUT:
        return ""
    if kind == TransactionKind.REFUND:
        return f"your part of {format_money(_shared_minor(transaction), transaction.currency)}"
    if call is not None:
        share = f"{call.operator_share_bps * 100 / BPS:g}%"
        if kind == TransactionKind.PROMO and call.promo_pay_bps != BPS:
            share += f" × {call.promo_pay_bps * 100 / BPS:g}%"
        return share
    return f"{entry.amount_minor * 100 / transaction.amount_minor:.4g}%"
