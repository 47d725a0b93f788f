"""What one row of the statement says, and what it opens to. Amounts are those of the ledger's entries.

Minutes that the operator gave, which no entry names, come from the call's reservations.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing.ledger.models import Entry, Transaction
from billing.ledger.states import CALL_SALES, EARNS_NOTHING, SALES, AccountKind, TransactionKind
from billing.models import Authorization
from billing.payouts.balances import hold_days
from billing.payouts.maturity import payable_on
from billing.rating import as_minutes
from billing.selectors import earnings_of
from billing.states import FundedBy
from billing.tips import call_reference_of
from core.days import write_date
from core.money import format_money
from operators.models import Operator
from portal.statement import (
    StatementKind,
    calls_of,
    free_seconds_from,
    is_platforms,
    is_through_link,
    kind_of,
    share_of,
    shared_minor,
    what_of,
)


@dataclass(frozen=True, slots=True)
class Part:
    """A line of what a row opens to, cents. `paid_minor`: what the customer paid (of a refund: got back), without tax.

    None: the customer has no part in it; `earned_minor` None: the operator neither.
    """

    what: str
    detail: str
    paid_minor: int | None
    earned_minor: int | None


@dataclass(frozen=True, slots=True)
class Later:
    """A refund or correction of what the row is about, which has a row of its own. Cents."""

    what: str
    at: datetime
    earned_minor: int


@dataclass(frozen=True, slots=True)
class Row:
    """One row. `amount_minor`: by how much the balance changed, cents; `tax_minor` was paid, or given back, beside what is shared.

    `payable_on`: from which day on what it earned is paid; None where it earned nothing.
    """

    at: datetime
    since: datetime  # of the first of several texts; else `at`
    kind: StatementKind
    title: str
    alias: str
    detail: str
    site: str
    amount_minor: int
    currency: str
    parts: list[Part]
    share: str
    tax_minor: int
    later: list[Later]
    number: str
    payable_on: date | None

    @property
    def is_refund(self) -> bool:
        """Whether the customer got money back."""
        return self.kind == StatementKind.REFUNDS

    @property
    def net_minor(self) -> int:
        """What is left of it after all that came later."""
        return self.amount_minor + sum(one.earned_minor for one in self.later)


def rows_of(operator: Operator, things: Sequence[Sequence[Entry]]) -> list[Row]:
    """A row for each thing, whose entries are given with the newest first: four queries, however many there are."""
    entries = [entry for thing in things for entry in thing]
    calls = calls_of(entry.transaction for entry in entries)
    taxes = _taxes([entry.transaction_id for entry in entries])
    later = _later(operator, entries)
    return [_row(thing, calls, taxes, later) for thing in things]


def _row(
    newest_first: Sequence[Entry],
    calls: Mapping[str, Authorization],
    taxes: Mapping[int, int],
    later: Mapping[str, Sequence[Entry]],
) -> Row:
    entries = list(reversed(newest_first))
    transactions = [entry.transaction for entry in entries]
    first, kind = transactions[0], kind_of(transactions[0])
    call = calls.get(call_reference_of(first.reference))
    ids = {entry.pk for entry in entries}
    sold = {row.reference for row in transactions if row.kind in (*SALES, TransactionKind.PROMO)} - {""}
    after = [one for reference in sorted(sold) for one in later[reference] if one.pk not in ids]
    return Row(
        at=transactions[-1].created_at,
        since=first.created_at,
        kind=kind,
        title=_title(kind, transactions),
        alias=first.customer.alias if first.customer else "",
        detail=_detail(kind, transactions, call),
        site=first.brand.name if first.brand else "",
        amount_minor=sum(entry.amount_minor for entry in entries),
        currency=first.currency,
        parts=_parts(kind, entries, call),
        share=_share(kind, entries, call),
        tax_minor=abs(sum(taxes.get(row.pk, 0) for row in transactions)),
        later=[
            Later(what_of(one.transaction), one.transaction.created_at, one.amount_minor) for one in after
        ],
        number=call.reference if call else "",
        payable_on=_payable_on(entries),
    )


def _payable_on(entries: Sequence[Entry]) -> date | None:
    """Of the last one that earned something."""
    earned = [
        entry for entry in entries if entry.amount_minor > 0 and entry.transaction.kind not in EARNS_NOTHING
    ]
    return payable_on(earned[-1].transaction.created_at, hold_days()) if earned else None


def _title(kind: StatementKind, transactions: Sequence[Transaction]) -> str:
    first = transactions[0]
    if kind == StatementKind.CALLS:
        return _("Call")
    if kind == StatementKind.TEXTS:
        count = len(transactions)
        return ngettext("%(count)s text", "%(count)s texts", count) % {"count": count}
    if kind == StatementKind.REFUNDS and any(_sale_kind(row) in CALL_SALES for row in transactions):
        return _("Refund of a call")
    if (
        kind == StatementKind.CORRECTIONS and first.customer is None
    ):  # taken back after a dispute, or restored
        return first.description or what_of(first)
    if kind == StatementKind.CORRECTIONS and _sale_kind(first) != TransactionKind.PROMO:
        return _("Correction of a call")
    return what_of(first)


def _detail(kind: StatementKind, transactions: Sequence[Transaction], call: Authorization | None) -> str:
    """How long it was, or what it is about."""
    if kind == StatementKind.CALLS:
        paid = sum(row.seconds or 0 for row in transactions if row.kind == TransactionKind.CALL)
        seconds = paid + (call.free_used_seconds if call else _seconds_given(transactions))
        return _("%(minutes)s min") % {"minutes": as_minutes(seconds)}
    sale = next((row.reverses for row in transactions if row.reverses is not None), None)
    at = call.settled_at if call else sale.created_at if sale else None
    if at is None or kind == StatementKind.TEXTS:
        return ""
    if call:
        return _("call of %(day)s") % {"day": _day(at)}
    return _("of %(day)s") % {"day": _day(at)}


def _seconds_given(transactions: Iterable[Transaction]) -> int:
    return sum(row.seconds or 0 for row in transactions if row.kind == TransactionKind.PROMO)


def _day(at: datetime) -> str:
    return write_date(timezone.localtime(at))


def _sale_kind(transaction: Transaction) -> str:
    return transaction.reverses.kind if transaction.reverses else ""


def _parts(kind: StatementKind, entries: Sequence[Entry], call: Authorization | None) -> list[Part]:
    if all(entry.transaction.kind in EARNS_NOTHING for entry in entries):
        return []
    if kind == StatementKind.TEXTS:
        return _texts(entries)
    parts = [_part(entry, call) for entry in entries]
    given = free_seconds_from(call, FundedBy.OPERATOR) if kind == StatementKind.CALLS and call else 0
    if call and given:
        covered = _(" and the connection fee") if call.fee_covered_by == FundedBy.OPERATOR else ""
        minutes = _("%(minutes)s min%(fee)s, from you") % {"minutes": as_minutes(given), "fee": covered}
        parts.append(Part(_("Free minutes"), minutes, None, None))
    return parts


def _part(entry: Entry, call: Authorization | None) -> Part:
    transaction = entry.transaction
    detail = ""
    if transaction.kind == TransactionKind.PROMO and call is not None:
        seconds = free_seconds_from(call, FundedBy.PLATFORM)
        covered = _(" and the connection fee") if call.fee_covered_by == FundedBy.PLATFORM else ""
        detail = _("%(minutes)s min%(fee)s, paid by the platform") % {
            "minutes": as_minutes(seconds),
            "fee": covered,
        }
    elif transaction.kind == TransactionKind.CALL:
        detail = _("%(minutes)s min at %(rate)s") % {
            "minutes": as_minutes(transaction.seconds or 0),
            "rate": format_money(transaction.rate_minor or 0, transaction.currency),
        }
    is_change = transaction.kind == TransactionKind.ADJUSTMENT  # whose size says nothing of its direction
    paid = None if is_change or is_platforms(transaction) else shared_minor(transaction)
    return Part(_part_name(transaction), detail, paid, entry.amount_minor)


def _part_name(transaction: Transaction) -> str:
    if transaction.kind == TransactionKind.CALL:
        return _("Talk")
    if transaction.kind == TransactionKind.ADJUSTMENT and _sale_kind(transaction) == TransactionKind.REFUND:
        return _("Refund taken back")
    return what_of(transaction)


def _texts(entries: Sequence[Entry]) -> list[Part]:
    """One line for each price that texts were sent at."""
    by_rate: dict[int | None, list[Entry]] = defaultdict(list)
    for entry in entries:
        by_rate[entry.transaction.rate_minor].append(entry)
    parts = []
    for rate, of_rate in by_rate.items():
        count = len(of_rate)
        at = format_money(rate or 0, of_rate[0].transaction.currency)
        detail = _("%(count)s at %(rate)s") % {"count": count, "rate": at}
        paid = sum(shared_minor(entry.transaction) for entry in of_rate)
        parts.append(Part(_("Texts"), detail, paid, sum(entry.amount_minor for entry in of_rate)))
    return parts


def _share(kind: StatementKind, entries: Sequence[Entry], call: Authorization | None) -> str:
    """The share that a sale was divided by; of the talk and the platform's pay where these differ."""
    if kind not in (StatementKind.CALLS, StatementKind.TEXTS, StatementKind.TIPS):
        return ""
    of_call = call if kind == StatementKind.CALLS else None
    return ", ".join(dict.fromkeys(_share_words(entry, of_call) for entry in entries))


def _share_words(entry: Entry, call: Authorization | None) -> str:
    share = share_of(entry, call)
    return (
        _("%(share)s through your link") % {"share": share}
        if is_through_link(entry.transaction, call)
        else share
    )


def _taxes(transaction_ids: Sequence[int]) -> dict[int, int]:
    """The tax that each of these transactions put on the books, by its id."""
    sides = Entry.objects.filter(transaction__in=transaction_ids, account__kind=AccountKind.TAX)
    sums = sides.order_by().values_list("transaction_id").annotate(total=Sum("amount_minor"))
    return dict(sums)


def _later(operator: Operator, entries: Sequence[Entry]) -> dict[str, list[Entry]]:
    """All that was posted to the operator about what these are about and isn't a sale, by reference, the oldest first."""
    references = {entry.transaction.reference for entry in entries} - {""}
    rows = earnings_of(operator.pk).filter(transaction__reference__in=references).order_by()
    found: dict[str, list[Entry]] = defaultdict(list)
    for entry in sorted(rows.select_related("transaction__reverses"), key=lambda row: row.pk):
        if kind_of(entry.transaction) in (StatementKind.REFUNDS, StatementKind.CORRECTIONS):
            found[entry.transaction.reference].append(entry)
    return found
