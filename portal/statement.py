"""The operator's statement: which entries of their payable are on it, its sums, and its lines for the CSV.

A line is one ledger entry. The page shows the same entries by day and thing (`portal.statement_days`), so that rows, lines, sums
and balance are one figure. Of a customer it knows the alias.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet, TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.ledger.models import Entry, Transaction
from billing.ledger.states import CALL_SALES, EARNS_NOTHING, TransactionKind
from billing.models import Authorization, ReferredSale
from billing.rating import as_minutes
from billing.selectors import earnings_of
from billing.states import FundedBy
from billing.tips import call_reference_of
from brands.models import Brand
from core.money import BPS, format_money
from operators.models import Operator
from web.filters import LedgerFilters

_CHUNK = 500
_CORRECTED_PAY = "adjust-promo-"  # as `billing.postings` names it
_REFUND_AGAIN = "refund-again:"  # as `billing.services.adjust_settlement` names it


class StatementKind(TextChoices):
    """What can be chosen on the page."""

    CALLS = "call", gettext_lazy("Calls")
    TEXTS = "message", gettext_lazy("Texts")
    TIPS = "tip", gettext_lazy("Tips")
    REFUNDS = "refund", gettext_lazy("Refunds")
    CORRECTIONS = "adjustment", gettext_lazy("Corrections")
    PAYOUTS = "payout", gettext_lazy("Payouts")
    BROUGHT_OVER = "opening", gettext_lazy("Brought over")


_OF_CALLS = (*CALL_SALES, TransactionKind.PROMO)
SENT = (TransactionKind.PAYOUT, TransactionKind.PAYOUT_BACK)  # what came back wasn't paid out
PAYOUT_KINDS = (*SENT, TransactionKind.PAYOUT_FEE, TransactionKind.WITHHOLDING)
_KINDS = {
    TransactionKind.MESSAGE: StatementKind.TEXTS,
    TransactionKind.TIP: StatementKind.TIPS,
    TransactionKind.REFUND: StatementKind.REFUNDS,
    **dict.fromkeys(PAYOUT_KINDS, StatementKind.PAYOUTS),
    TransactionKind.OPENING: StatementKind.BROUGHT_OVER,
    **dict.fromkeys(_OF_CALLS, StatementKind.CALLS),
}
_is_call_corrected = Q(
    transaction__kind=TransactionKind.PROMO, transaction__idempotency_key__startswith=_CORRECTED_PAY
) | Q(transaction__kind=TransactionKind.REFUND, transaction__idempotency_key__startswith=_REFUND_AGAIN)


def kind_of(transaction: Transaction) -> StatementKind:
    """What a transaction is on the statement."""
    if transaction.idempotency_key.startswith((_CORRECTED_PAY, _REFUND_AGAIN)):
        return StatementKind.CORRECTIONS
    return _KINDS.get(TransactionKind(transaction.kind), StatementKind.CORRECTIONS)


def _of_kind(kind: str) -> Q:
    """The same rule for a query of entries."""
    if kind == StatementKind.CORRECTIONS:
        return ~Q(transaction__kind__in=list(_KINDS)) | _is_call_corrected
    kinds = [of for of, shown_as in _KINDS.items() if shown_as == kind]
    return Q(transaction__kind__in=kinds) & ~_is_call_corrected


@dataclass(frozen=True, slots=True)
class Line:
    """One line, amounts in cents. `minutes` are those paid by the customer, `paid_minor` what they paid, without tax.

    `call`: the id of the call that it belongs to; empty for texts, payouts, and what is of no call. `is_through_link`: a sale
    at the larger share, to a customer who came through the operator's own link.
    """

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
    call: str
    is_through_link: bool


def entries_of(operator: Operator, filters: LedgerFilters) -> QuerySet[Entry]:
    """The operator's entries that match, newest first. Needs the operator's user loaded."""
    entries = earnings_of(operator.pk).select_related(
        "transaction__customer", "transaction__brand", "transaction__reverses", "transaction__referred_sale"
    )
    begin, end = filters.bounds(zone_of(operator))
    if begin:
        entries = entries.filter(transaction__created_at__gte=begin)
    if end:
        entries = entries.filter(transaction__created_at__lt=end)
    if filters.kind:
        entries = entries.filter(_of_kind(filters.kind))
    if filters.brand:
        entries = entries.filter(transaction__brand__slug=filters.brand)
    return entries


def zone_of(operator: Operator) -> ZoneInfo:
    """Where the operator lives. Needs the operator's user loaded."""
    return ZoneInfo(operator.user.time_zone)


def is_of_all(filters: LedgerFilters) -> bool:
    """Whether all that happened on the chosen days is selected: then sums that are kept are the selection's."""
    return not filters.kind and not filters.brand


def calls_of(transactions: Iterable[Transaction]) -> dict[str, Authorization]:
    """The calls that these were for, by their id, with the free minutes used: two queries."""
    references = {call_reference_of(transaction.reference) for transaction in transactions} - {""}
    rows = Authorization.objects.filter(reference__in=references).prefetch_related("reservations")
    return {row.reference: row for row in rows}


def lines_of(entries: Sequence[Entry]) -> list[Line]:
    """These entries explained: two more queries, however many there are."""
    calls = calls_of(entry.transaction for entry in entries)
    return [_line(entry, calls) for entry in entries]


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


def _line(entry: Entry, calls: dict[str, Authorization]) -> Line:
    transaction = entry.transaction
    kind = TransactionKind(transaction.kind)
    call = calls.get(transaction.reference)
    is_time = kind in (TransactionKind.CALL, TransactionKind.PROMO)
    call_id = call_reference_of(transaction.reference)
    return Line(
        at=transaction.created_at,
        what=what_of(transaction),
        alias=transaction.customer.alias if transaction.customer else "",
        site=transaction.brand.name if transaction.brand else "",
        minutes=as_minutes(transaction.seconds or 0) if kind == TransactionKind.CALL else None,
        free=_free_words(kind, call) if is_time else "",
        rate_minor=transaction.rate_minor,
        paid_minor=None if is_platforms(transaction) else shared_minor(transaction),
        share=share_of(entry, call),
        earned_minor=entry.amount_minor,
        reference=transaction.reference,
        currency=transaction.currency,
        call=call_id if call_id in calls else "",
        is_through_link=is_through_link(transaction, call),
    )


def shared_minor(transaction: Transaction) -> int:
    """The size of what the customer paid or got back, without tax: the operator's share is of that."""
    return abs(transaction.operator_minor + transaction.platform_minor) or transaction.amount_minor


def is_platforms(transaction: Transaction) -> bool:
    """Whether the customer has no part in it."""
    reversed_: Transaction | None = transaction.reverses
    kinds = {transaction.kind, reversed_.kind} if reversed_ else {transaction.kind}
    return bool(kinds & {TransactionKind.PROMO, *EARNS_NOTHING})


def what_of(transaction: Transaction) -> str:
    """What a transaction is to the operator, in words."""
    kind, reversed_ = TransactionKind(transaction.kind), transaction.reverses
    words = _words()
    if kind == TransactionKind.REFUND:
        of = words.get(TransactionKind(reversed_.kind), "").lower() if reversed_ else ""
        return _("Refund of a %(sale)s") % {"sale": of} if of else _("Refund")
    if kind == TransactionKind.ADJUSTMENT and is_platforms(transaction):
        return _("Free minutes taken back")
    return words.get(kind, kind.label)


def _words() -> dict[TransactionKind, str]:
    return {
        TransactionKind.CALL: _("Call"),
        TransactionKind.CONNECT_FEE: _("Connection fee"),
        TransactionKind.PROMO: _("Free minutes"),
        TransactionKind.MESSAGE: _("Text"),
        TransactionKind.TIP: _("Tip"),
        TransactionKind.PAYOUT: _("Paid out to you"),
        TransactionKind.PAYOUT_BACK: _("Payout returned"),
        TransactionKind.PAYOUT_FEE: _("Fee for a payout at once"),
        TransactionKind.WITHHOLDING: _("Withheld for taxes"),
        TransactionKind.WRITE_OFF: _("Debt written off"),
        TransactionKind.OPENING: _("Balance from before"),
        TransactionKind.CHARGEBACK: _("Chargeback"),
        TransactionKind.ADJUSTMENT: _("Correction"),
    }


def _free_words(kind: TransactionKind, call: Authorization | None) -> str:
    """How many free minutes were used and who gave them."""
    if call is None or not call.free_used_seconds:
        return ""
    parts = []
    for funder, words in ((FundedBy.PLATFORM, "platform"), (FundedBy.OPERATOR, "you")):
        seconds = free_seconds_from(call, funder)
        if seconds and (kind == TransactionKind.CALL or funder == FundedBy.PLATFORM):
            covered = " and the fee" if call.fee_covered_by == funder else ""
            parts.append(
                f"{as_minutes(seconds)}{covered} from {'the ' if words == 'platform' else ''}{words}"
            )
    return ", ".join(parts)


def free_seconds_from(call: Authorization, funder: str) -> int:
    """Free seconds of the call that the platform, or the operator, gave. Needs the reservations loaded."""
    rows: Iterable[Any] = call.reservations.all()
    return sum(row.used_seconds for row in rows if row.funded_by == funder)


def referred_sale_of(transaction: Transaction) -> ReferredSale | None:
    """What was kept of a text or tip at the larger share. Needs it loaded."""
    sale: ReferredSale | None = getattr(transaction, "referred_sale", None)
    return sale


def is_through_link(transaction: Transaction, call: Authorization | None) -> bool:
    """Whether it is a sale that was split at the larger share of the operator's own link; `call`: where it was for one."""
    if transaction.kind in (*CALL_SALES, TransactionKind.PROMO):
        return call is not None and call.usual_share_bps is not None
    return referred_sale_of(transaction) is not None


def share_of(entry: Entry, call: Authorization | None) -> str:
    """The operator's share in words; `call`: where it was for one."""
    transaction = entry.transaction
    kind = TransactionKind(transaction.kind)
    if kind in EARNS_NOTHING:
        return ""
    if kind == TransactionKind.REFUND:
        return f"your part of {format_money(shared_minor(transaction), transaction.currency)}"
    if call is not None:
        share = f"{call.operator_share_bps * 100 / BPS:g}%"
        if kind == TransactionKind.PROMO and call.promo_pay_bps != BPS:
            share += f" × {call.promo_pay_bps * 100 / BPS:g}%"
        return share
    if sale := referred_sale_of(transaction):
        return f"{sale.share_bps * 100 / BPS:g}%"
    return f"{entry.amount_minor * 100 / transaction.amount_minor:.4g}%"
