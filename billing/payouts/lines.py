"""Which entries of an operator's account a payout paid, which the next one will, and which are too new: as conditions on entries.

A payout counts what was posted before it, less what was earned too lately then, call by call, and less what was held then
(`billing.payouts.balances`). What it paid is what it counts and the one before it didn't.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db import connection
from django.db.models import Min, Q

from billing.earned import IS_RARE
from billing.ledger.models import Entry, Transaction
from billing.ledger.states import EARNS_NOTHING, TransactionKind
from billing.models import Case, HeldEarning
from billing.models.cases import WAITING_STATES
from billing.payouts.balances import PAYABLE, TAKEN, hold_days, parameters
from billing.payouts.maturity import held_back_since
from billing.payouts.models import PayoutItem
from billing.payouts.postings import reference_of
from billing.payouts.states import DEBITED
from billing.selectors import earnings_of
from billing.states import HoldState

_ID_MARGIN = timedelta(minutes=5)  # ids and times of transactions grow together but for moments
_GIVEN_BACK = f"""{PAYABLE}{TAKEN}
SELECT reference, bool_or(is_alone), min(entry_id) FROM taken_lines
 WHERE entry_id < coalesce(%(end)s::bigint, entry_id + 1)
 GROUP BY reference HAVING sum(amount_minor) <= 0
"""  # noqa: S608 (constants of ours)
_PAYABLE_SINCE = f"""{PAYABLE}{TAKEN}
SELECT entry_id FROM taken_lines
 UNION
SELECT e.id
  FROM payable p
  JOIN ledger_transaction t ON t.operator_id = p.operator_id AND t.created_at >= %(since)s AND {IS_RARE}
                           AND t.kind = ANY (%(earns_nothing)s)
  JOIN ledger_entry e ON e.transaction_id = t.id AND e.account_id = p.id
"""  # noqa: S608 (constants of ours)
_EARNS = ~Q(transaction__kind__in=EARNS_NOTHING)


@dataclass(frozen=True, slots=True)
class Cut:
    """What a payout leaves: entries from `end` on (None: none is), `new` ones, and those of `held` references.

    `floor`: no entry below this id is new or held.
    """

    end: int | None
    new: Q
    held: Q
    floor: int | None = field(default=None)

    @property
    def counted(self) -> Q:
        """What it doesn't leave."""
        before = Q() if self.end is None else Q(pk__lt=self.end)
        return before & ~self.new & ~self.held

    @property
    def left(self) -> Q:
        """What it leaves, with a bound on ids, so that no more of the account is read than needed."""
        assert self.end is not None, "a payout that was made"
        lowest = self.end if self.floor is None else min(self.floor, self.end)
        return Q(pk__gte=lowest) & (Q(pk__gte=self.end) | self.new | self.held)


def lines_of(item: PayoutItem) -> Q:
    """What a payout that was approved paid. Needs its run loaded. A handful of queries."""
    assert item.approved_at is not None, "it was approved"
    earlier = PayoutItem.objects.filter(operator=item.operator_id, state__in=DEBITED)
    before = (
        earlier.filter(approved_at__lt=item.approved_at).select_related("run").order_by("-approved_at", "-pk")
    )
    return _between(before.first(), _cut_of(item))


def next_lines(operator_id: int, payday: date) -> Q:
    """What is paid on `payday` of what is posted by now."""
    last = PayoutItem.objects.filter(operator=operator_id, state__in=DEBITED).select_related("run")
    cut = _cut(operator_id, held_back_since(payday, hold_days()), None, None)
    return _between(last.order_by("-approved_at", "-pk").first(), cut)


def pending_lines(operator_id: int, day: date) -> Q:
    """What is too new to be payable on `day`, and isn't held."""
    cut = _cut(operator_id, held_back_since(day, hold_days()), None, None)
    return (cut.new & ~cut.held) if cut.floor is not None else Q(pk__in=[])


def _between(before: PayoutItem | None, cut: Cut) -> Q:
    if before is None:
        return cut.counted
    return cut.counted & _cut_of(before).left & ~Q(transaction__reference=reference_of(before))


def _cut_of(item: PayoutItem) -> Cut:
    assert item.approved_at is not None, "it was approved"
    key = f"{reference_of(item)}:{TransactionKind.PAYOUT}"
    own = earnings_of(item.operator_id).filter(transaction__idempotency_key=key)
    end = own.values_list("pk", flat=True).get()
    return _cut(item.operator_id, item.run.held_back_since, end, item.approved_at)


def _cut(operator_id: int, since: datetime, end: int | None, at: datetime | None) -> Cut:
    """`at`: when it was made; None: now."""
    entries = earnings_of(operator_id)
    given_back, single = _given_back(operator_id, since, end)
    first = first_entry_since(since)
    held = _held_at(operator_id, at)
    firsts = [first]
    if held:
        rows = entries.filter(transaction__operator=operator_id, transaction__reference__in=held)
        rows = rows.exclude(transaction__reference="")
        firsts.append(rows.order_by().aggregate(first=Min("pk"))["first"])
    new = Q(pk__gte=first, transaction__created_at__gte=since) & _EARNS if first is not None else Q(pk__in=[])
    return Cut(
        end=end,
        new=new & ~Q(transaction__reference__in=given_back) & ~Q(pk__in=single),
        held=Q(transaction__reference__in=held),
        floor=min((pk for pk in firsts if pk is not None), default=None),
    )


def first_entry_since(at: datetime) -> int | None:
    """Entries posted since then have no lower id; None: there are none."""
    return _first_entry(at - _ID_MARGIN)


def end_of_entries_before(at: datetime) -> int | None:
    """Entries posted before then have lower ids than this; None: all have."""
    return _first_entry(at + _ID_MARGIN)


def _first_entry(at: datetime) -> int | None:
    """Of the first transaction from then on."""
    rows = Transaction.objects.filter(created_at__gte=at).order_by("created_at").values("pk")[:1]
    first: int | None = Entry.objects.filter(transaction__in=rows).aggregate(first=Min("pk"))["first"]
    return first


def payable_since(operator_id: int, since: datetime) -> list[int]:
    """Entries since then that may be payable although they are so new: of what more was taken than earned, and what earns nothing."""
    with connection.cursor() as cursor:
        cursor.execute(_PAYABLE_SINCE, parameters(since, operator_id))
        return [pk for (pk,) in cursor.fetchall()]


def _given_back(operator_id: int, since: datetime, end: int | None) -> tuple[list[str], list[int]]:
    """What earned nothing from `since` up to the entry `end`, all in all, as something was taken: references, and single entries."""
    references, single = [], []
    with connection.cursor() as cursor:
        cursor.execute(_GIVEN_BACK, {**parameters(since, operator_id), "end": end})
        for reference, is_single, pk in cursor.fetchall():
            if is_single:
                single.append(pk)
            else:
                references.append(reference)
    return references, single


def _held_at(operator_id: int, at: datetime | None) -> list[str]:
    """References that were held at that time, or are now."""
    holds = HeldEarning.objects.filter(operator=operator_id)
    cases = Case.objects.filter(operator=operator_id, customer__isnull=False).exclude(reference="")
    if at is None:
        holds = holds.filter(hold__state=HoldState.OPEN)
        cases = cases.filter(state__in=WAITING_STATES)
    else:
        is_waiting = Q(opened_at__lte=at) & (Q(answered_at=None) | Q(answered_at__gt=at))
        is_appealed = Q(appealed_at__lte=at) & (Q(decided_at=None) | Q(decided_at__gt=at))
        holds = holds.filter(held_at__lte=at).filter(Q(hold__decided_at=None) | Q(hold__decided_at__gt=at))
        cases = cases.filter(is_waiting | is_appealed)
    rows = (holds, cases)
    return sorted({reference for some in rows for reference in some.values_list("reference", flat=True)})
