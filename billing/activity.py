"""What happened on a customer's wallet, as people see it: a call is one thing, though its fee and talk are two transactions.

Read by falling ids of entries, a page at a time. The balance after each thing comes from the wallet's balance and the entries
above it; a page's cursor carries it on, so that no page reads more than its own entries.
"""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import TypeVar

from django.db.models import (
    BigIntegerField,
    Count,
    F,
    Max,
    Model,
    Q,
    QuerySet,
    Subquery,
    Sum,
    TextChoices,
    Value,
)
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from billing import conf
from billing.ledger.models import Account, Entry, Transaction
from billing.ledger.states import CALL_SALES, AccountKind, TransactionKind
from billing.models import FreeMinutesPackage
from core.merging import Chunk, Item

M = TypeVar("M", bound=Model)

LOOKED_THROUGH = 2_000  # entries that one page reads at most where it shows some kinds only
BALANCE_WITHIN = 5_000  # newer entries at most from which the balance of an earlier day is computed
_PARTS = 3  # entries of one thing, usually at most
_MORE = 10  # and of one that is corrected, with refunds given again
_ID_MARGIN = timedelta(minutes=5)  # ids and times of transactions grow together but for moments
_LAST_ID = 2**63 - 1
_PAID_BACK = "Balance paid back"  # as `billing.services.return_balance` describes it
_AGAIN = "refund-again:"  # as `billing.services.adjust_settlement` names it


class ActivityKind(TextChoices):
    """What can be chosen on the page."""

    CALLS = "calls", _("Calls")
    TEXTS = "texts", _("Texts")
    TIPS = "tips", _("Tips")
    FUNDS = "funds", _("Funds added")
    REFUNDS = "refunds", _("Refunds")
    GIFTS = "gifts", _("Gifts")
    CORRECTIONS = "corrections", _("Corrections")
    PAY_BACKS = "paid-back", _("Paid back")
    DISPUTES = "disputes", _("Card disputes")


_KINDS = {
    TransactionKind.MESSAGE: ActivityKind.TEXTS,
    TransactionKind.TIP: ActivityKind.TIPS,
    TransactionKind.TOP_UP: ActivityKind.FUNDS,
    TransactionKind.PROMO: ActivityKind.GIFTS,
    TransactionKind.PAY_BACK: ActivityKind.PAY_BACKS,
    TransactionKind.CHARGEBACK: ActivityKind.DISPUTES,
    **dict.fromkeys((*CALL_SALES, TransactionKind.UNCOLLECTED), ActivityKind.CALLS),
}
_is_again = Q(transaction__kind=TransactionKind.REFUND, transaction__idempotency_key__startswith=_AGAIN)
_is_paid_back = Q(transaction__kind=TransactionKind.ADJUSTMENT, transaction__description=_PAID_BACK)


def kind_of(transaction: Transaction) -> ActivityKind:
    """What a transaction on a wallet is to the customer."""
    if transaction.kind == TransactionKind.REFUND:
        is_again = transaction.idempotency_key.startswith(_AGAIN)
        return ActivityKind.CORRECTIONS if is_again else ActivityKind.REFUNDS
    if transaction.kind == TransactionKind.ADJUSTMENT and transaction.description == _PAID_BACK:
        return ActivityKind.PAY_BACKS
    return _KINDS.get(TransactionKind(transaction.kind), ActivityKind.CORRECTIONS)


def _entries_of_kind(kind: ActivityKind) -> Q:
    """The same rule for a query of entries."""
    plain = Q(transaction__kind__in=[of for of, as_kind in _KINDS.items() if as_kind == kind])
    if kind == ActivityKind.REFUNDS:
        return Q(transaction__kind=TransactionKind.REFUND) & ~_is_again
    if kind == ActivityKind.PAY_BACKS:
        return plain | _is_paid_back
    if kind == ActivityKind.CORRECTIONS:
        return Q(transaction__kind__in=_others()) & ~_is_paid_back | _is_again
    return plain


def _others() -> list[TransactionKind]:
    return [kind for kind in TransactionKind if kind not in _KINDS and kind != TransactionKind.REFUND]


@dataclass(frozen=True, slots=True)
class Moved:
    """One thing that happened to the wallet: its entries, the newest first. Minor units.

    `balance_minor`: the balance right after it; None where that is not known at a bounded cost, or some things are left out.
    """

    kind: ActivityKind
    entries: tuple[Entry, ...]
    balance_minor: int | None

    @property
    def amount_minor(self) -> int:
        """By how much the balance changed."""
        return sum(entry.amount_minor for entry in self.entries)

    @property
    def transaction(self) -> Transaction:
        """The first of its transactions, which names it."""
        return self.entries[-1].transaction


@dataclass(frozen=True, slots=True)
class Selection:
    """Whose activity, and which of it: a kind or all, from when (included) to when (excluded)."""

    customer_id: int
    kind: ActivityKind | None = None
    begin: datetime | None = None
    end: datetime | None = None

    @property
    def has_balance(self) -> bool:
        """Whether each thing follows the one before, so that a balance can run along."""
        return self.kind is None

    def within(self, field: str) -> Q:
        """For a query: whether the time in `field` is in the selection."""
        within = Q()
        if self.begin:
            within &= Q(**{f"{field}__gte": self.begin})
        if self.end:
            within &= Q(**{f"{field}__lt": self.end})
        return within


def moved(selection: Selection, *, before: int | None, balance_minor: int | None, limit: int) -> Chunk[Moved]:
    """The next things below the entry `before` (None: from the newest on). `balance_minor`: the one after the first of them, where known.

    Two or three statements, however many entries there are.
    """
    entries = _wallet_entries(selection.customer_id)
    if selection.begin or selection.end:
        entries = _between(entries, selection.begin, selection.end)
    matches = selection.within("transaction__created_at")
    if selection.kind:
        matches &= _entries_of_kind(selection.kind)
    rows, following = read_down(entries, matches, before=before, limit=limit * _PARTS + _MORE)
    if balance_minor is None and selection.has_balance and before is None and rows:
        balance_minor = rows[0].account.balance_minor if selection.end is None else _balance_at(rows[0])
    groups = [tuple(group) for thing, group in groupby(rows, _thing)]
    if following is not None and len(groups) > 1:
        groups.pop()  # the rest of it may be below
        following = groups[-1][-1].pk
    items = list(_items(groups, balance_minor if selection.has_balance else None))
    return Chunk(items, position=before, following=following)


def balance_below(thing: Moved) -> int | None:
    """The balance right before it, which a page's cursor carries to the next one."""
    return None if thing.balance_minor is None else thing.balance_minor - thing.amount_minor


def thing_of(customer_id: int, transaction_id: int) -> Moved | None:
    """The thing that a transaction of the customer's belongs to, without a balance; None if there is none."""
    entries = _wallet_entries(customer_id)
    named = entries.filter(transaction=transaction_id).first()
    if named is None:
        return None
    reference = named.transaction.reference
    rows = list(entries.filter(transaction__reference=reference)) if reference else [named]
    group = tuple(row for row in rows if _thing(row) == _thing(named))
    return Moved(kind_of(named.transaction), group, None)


def given_minutes(selection: Selection, *, before: int | None, limit: int) -> Chunk[FreeMinutesPackage]:
    """The next packages of free minutes that the customer was given, operators loaded: gifts without money."""
    if selection.kind not in (None, ActivityKind.GIFTS):
        return Chunk([])
    packages = FreeMinutesPackage.objects.filter(customer=selection.customer_id).select_related("operator")
    rows, following = read_down(
        packages.order_by("-id"), selection.within("granted_at"), before=before, limit=limit
    )
    return Chunk([Item(row.granted_at, row.pk, row) for row in rows], before, following)


def read_down(rows: QuerySet[M], matches: Q, *, before: int | None, limit: int) -> tuple[list[M], int | None]:
    """`limit` rows at most that match, by falling ids below `before`; and the id to go on below, None where there is nothing more.

    Looks at `LOOKED_THROUGH` rows at most, so it may find fewer, or none, and still have something to go on with.
    """
    if before is not None:
        rows = rows.filter(pk__lt=before)
    floor: int | None = None
    if matches:
        floor = next(iter(rows.values_list("pk", flat=True)[LOOKED_THROUGH : LOOKED_THROUGH + 1]), None)
        rows = rows.filter(matches, pk__gt=floor) if floor is not None else rows.filter(matches)
    found = list(rows[: limit + 1])
    if len(found) > limit:
        return found[:limit], found[limit - 1].pk
    return found, None if floor is None else floor + 1


def _wallet_entries(customer_id: int) -> QuerySet[Entry]:
    wallet = Account.objects.filter(kind=AccountKind.WALLET, customer=customer_id, currency=conf.currency())
    entries = Entry.objects.filter(account_id=Subquery(wallet.values("id")[:1]))
    return entries.select_related("account", "transaction__operator", "transaction__reverses").order_by("-id")


def _between(entries: QuerySet[Entry], begin: datetime | None, end: datetime | None) -> QuerySet[Entry]:
    """Those that can be of these times, as a range of ids: what is newer is not read to get there."""
    if begin:
        last = Transaction.objects.filter(created_at__lt=begin - _ID_MARGIN).order_by("-created_at")
        entries = entries.filter(pk__gt=_an_entry_of(last, 0))
    if end:
        first = Transaction.objects.filter(created_at__gte=end + _ID_MARGIN).order_by("created_at")
        entries = entries.filter(pk__lt=_an_entry_of(first, _LAST_ID))
    return entries


def _an_entry_of(transactions: QuerySet[Transaction], otherwise: int) -> Coalesce:
    entry = Entry.objects.filter(transaction_id=Subquery(transactions.values("id")[:1])).order_by("id")
    return Coalesce(Subquery(entry.values("id")[:1]), Value(otherwise, BigIntegerField()))


def _balance_at(entry: Entry) -> int | None:
    """The balance right after an entry, from the newer ones; None where these are more than `BALANCE_WITHIN`."""
    newer = Entry.objects.filter(account=entry.account_id, pk__gt=entry.pk).order_by("-id")
    # One statement, so that nothing is posted between the balance and the entries.
    sums = newer.annotate(balance=F("account__balance_minor"))[: BALANCE_WITHIN + 1].aggregate(
        total=Sum("amount_minor"), count=Count("pk"), now=Max("balance")
    )
    if sums["count"] > BALANCE_WITHIN:
        return None
    return sums["now"] - sums["total"] if sums["count"] else entry.account.balance_minor


def _thing(entry: Entry) -> Hashable:
    """What is the same for all entries of one thing. They follow each other: each was posted under the wallet's lock."""
    transaction, kind = entry.transaction, kind_of(entry.transaction)
    if transaction.reference and kind in (ActivityKind.CALLS, ActivityKind.CORRECTIONS):
        return kind, transaction.reference
    if kind == ActivityKind.REFUNDS:  # one key for talk and fee, each with its sale's id behind it
        return kind, transaction.reference, transaction.idempotency_key.rpartition(":")[0]
    return kind, transaction.pk


def _items(groups: Sequence[tuple[Entry, ...]], balance_minor: int | None) -> Iterator[Item[Moved]]:
    for group in groups:
        thing = Moved(kind_of(group[0].transaction), group, balance_minor)
        yield Item(group[0].transaction.created_at, group[-1].pk, thing)
        balance_minor = balance_below(thing)
