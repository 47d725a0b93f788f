"""Reads for the pages of staff: what runs come to and where they are, what waits for somebody, and what an operator was paid."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum

from billing.ledger.models import Transaction
from billing.payouts.maturity import books_day
from billing.payouts.models import PayoutAccount, PayoutFile, PayoutItem, PayoutRun
from billing.payouts.outside import outside_payouts
from billing.payouts.postings import reference_of
from billing.payouts.states import FORMAT_OF, IN_TRANSIT, ItemState
from core.days import BOOKS_ZONE, business_days_ago, business_days_between

APPROVED_WITHIN = timedelta(days=2)
PAID_WITHIN_BUSINESS_DAYS = 5
STATE_WORDS = {
    ItemState.PREPARED: "prepared",
    ItemState.APPROVED: "to be sent",
    ItemState.EXPORTED: "with the bank",
    ItemState.PAID: "paid",
    ItemState.RETURNED: "returned",
}


@dataclass(frozen=True, slots=True)
class StateSum:
    """What the items of one state come to, minor units."""

    state: ItemState
    count: int
    amount_minor: int
    withheld_minor: int
    fee_minor: int

    @property
    def words(self) -> str:
        return STATE_WORDS[self.state]


@dataclass(frozen=True, slots=True)
class RunSums:
    """What a run comes to: its items by state, without the `left_out`, who aren't paid."""

    by_state: tuple[StateSum, ...] = ()
    left_out: int = 0

    @property
    def count(self) -> int:
        return sum(row.count for row in self.by_state)

    @property
    def amount_minor(self) -> int:
        """What is sent."""
        return sum(row.amount_minor for row in self.by_state)

    def count_of(self, state: ItemState) -> int:
        return sum(row.count for row in self.by_state if row.state == state)

    def words_for(self, run: PayoutRun) -> str:
        """Where the run is: "waiting for approval", "paid", "3 paid, 1 returned"."""
        if run.canceled_at is not None:
            return "canceled"
        if run.approved_at is None:
            return "waiting for approval"
        rows = [row for row in self.by_state if row.state != ItemState.PREPARED]
        if len(rows) == 1:
            return rows[0].words
        return ", ".join(f"{row.count} {row.words}" for row in rows) or "nobody was paid"


def sums_of_runs(run_ids: Collection[int]) -> dict[int, RunSums]:
    """Of each run. One query."""
    rows = (
        PayoutItem.objects.filter(run__in=run_ids)
        .order_by()
        .values_list("run", "state")
        .annotate(
            paid_count=Count("id", filter=Q(obstacle="")),
            amount=Sum("amount_minor", filter=Q(obstacle="")),
            withheld=Sum("withheld_minor", filter=Q(obstacle="")),
            fee=Sum("fee_minor", filter=Q(obstacle="")),
            left_out=Count("id", filter=~Q(obstacle="")),
        )
    )
    by_state: dict[int, list[StateSum]] = {run_id: [] for run_id in run_ids}
    left_out = dict.fromkeys(run_ids, 0)
    for run_id, state, count, amount, withheld, fee, unpaid in rows:
        left_out[run_id] += unpaid
        if count:
            by_state[run_id].append(StateSum(ItemState(state), count, amount, withheld, fee))
    order = list(ItemState)
    return {
        run_id: RunSums(tuple(sorted(sums, key=lambda row: order.index(row.state))), left_out[run_id])
        for run_id, sums in by_state.items()
    }


def accounts_in_effect(operator_ids: Sequence[int], at: datetime) -> dict[int, PayoutAccount]:
    """Where these operators are paid at `at`, by their ids. One query."""
    rows = PayoutAccount.objects.filter(operator__in=operator_ids, effective_at__lte=at)
    rows = rows.filter(Q(ended_at=None) | Q(ended_at__gt=at)).order_by("effective_at", "id")
    return {row.operator_id: row for row in rows}


def waiting_runs() -> QuerySet[PayoutRun]:
    """Runs that nobody approved or canceled, the longest first."""
    return PayoutRun.objects.filter(approved_at=None, canceled_at=None).order_by("id")


def open_files() -> QuerySet[PayoutFile]:
    """Files with payouts that are neither paid nor returned, the oldest first."""
    condition = Q()
    for method, file_format in FORMAT_OF.items():
        sent = PayoutItem.objects.filter(run=OuterRef("run"), method=method, state=ItemState.EXPORTED)
        condition |= Q(Exists(sent), format=file_format)
    return PayoutFile.objects.filter(condition).order_by("id")


def late_runs(at: datetime) -> QuerySet[PayoutRun]:
    """Those of them that were prepared too long ago."""
    return waiting_runs().filter(prepared_at__lt=at - APPROVED_WITHIN)


def late_files(at: datetime) -> QuerySet[PayoutFile]:
    """Those of them that the bank should have paid by `at`: where `is_late`."""
    limit = business_days_ago(PAID_WITHIN_BUSINESS_DAYS + 1, at, str(BOOKS_ZONE))
    return open_files().filter(made_at__lt=limit)


def is_late(file: PayoutFile, at: datetime) -> bool:
    """Whether the bank should have paid it by `at`."""
    return business_days_between(books_day(file.made_at), books_day(at)) > PAID_WITHIN_BUSINESS_DAYS


def in_transit() -> tuple[int, int]:
    """How many payouts were debited and are neither paid nor returned, and their sum in minor units."""
    found = PayoutItem.objects.filter(state__in=IN_TRANSIT).aggregate(
        count=Count("id"), total=Sum("amount_minor")
    )
    return found["count"], found["total"] or 0


def items_of(operator_id: int) -> QuerySet[PayoutItem]:
    """What an operator was paid, and what is on its way, newest first."""
    rows = PayoutItem.objects.filter(operator=operator_id).exclude(state=ItemState.PREPARED)
    return rows.select_related("account").order_by("-id")


def postings_of(item: PayoutItem) -> QuerySet[Transaction]:
    """What the books hold of one item."""
    rows = Transaction.objects.exclude(reference="").filter(
        reference=reference_of(item), operator=item.operator_id
    )
    return rows.select_related("customer", "operator").order_by("id")


def years_with_payouts() -> list[int]:
    """Years in which somebody was paid, in a run or outside of one, newest first."""
    in_runs = PayoutItem.objects.filter(state=ItemState.PAID).order_by()
    outside = outside_payouts().order_by().values_list(F("on__year"), flat=True)
    return sorted({*in_runs.values_list(F("paid_on__year"), flat=True), *outside}, reverse=True)
