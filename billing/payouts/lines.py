"""Which entries of an operator's account a payout paid, which the next one will, and which are too new: as conditions on entries.

A payout counts what was posted before it, less what was earned too lately then, call by call, and less what was held then
(`billing.payouts.balances`). What it paid is what it counts and the one before it didn't.
"""

from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import Min, Q, Sum

from billing.ledger.states import EARNS_NOTHING, TransactionKind
from billing.models import Case, HeldEarning
from billing.models.cases import WAITING_STATES
from billing.payouts.balances import hold_days
from billing.payouts.maturity import held_back_since
from billing.payouts.models import PayoutItem
from billing.payouts.postings import reference_of
from billing.payouts.states import DEBITED
from billing.selectors import earnings_of
from billing.states import HoldState

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
    recent = Q(transaction__created_at__gte=since) & _EARNS
    rows = entries.filter(recent, transaction__operator=operator_id)
    if end is not None:
        rows = rows.filter(pk__lt=end)
    named = rows.exclude(transaction__reference="").order_by().values_list("transaction__reference")
    things = list(named.annotate(minor=Sum("amount_minor"), first=Min("pk")).filter(minor__gt=0))
    alone = rows.filter(transaction__reference="", amount_minor__gt=0).order_by()
    single = list(alone.values_list("pk", flat=True))
    held = _held_at(operator_id, at)
    firsts = [first for _reference, _minor, first in things] + single
    if held:
        lowest = entries.filter(transaction__operator=operator_id, transaction__reference__in=held)
        firsts += filter(None, [lowest.order_by().aggregate(first=Min("pk"))["first"]])
    return Cut(
        end=end,
        new=recent & (Q(transaction__reference__in=[thing[0] for thing in things]) | Q(pk__in=single)),
        held=Q(transaction__reference__in=held),
        floor=min(firsts, default=None),
    )


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
