"""Which lines of a processor's statement are what our books say. Reads; posts and writes nothing."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import F, Q, Sum

from billing.models import Payment, StatementLine
from billing.states import DifferenceKind, DifferenceState, StatedKind

# What our books hold of a payment for each kind of line.
OUR_TOTAL = {
    StatedKind.SALE: "captured_minor",
    StatedKind.REFUND: "refunded_minor",
    StatedKind.CHARGEBACK: "charged_back_minor",
    StatedKind.REVERSAL: "won_back_minor",
}


@dataclass(frozen=True, slots=True)
class Found:
    """How a line differs from ours, amounts in minor units."""

    kind: DifferenceKind
    ours_minor: int
    theirs_minor: int


def our_minor(payment: Payment, kind: str) -> int:
    """What our books hold of a payment for lines of this kind."""
    return int(getattr(payment, OUR_TOTAL[StatedKind(kind)]))


class Matching:
    """Compares lines one after another; those that agree use up what our books hold of their payment.

    Three queries, however many lines there are.
    """

    def __init__(self, lines: Iterable[StatementLine]) -> None:
        lines = list(lines)
        payments = {line.payment_id for line in lines if line.payment_id}
        self._payments = Payment.objects.in_bulk(payments)
        self._stated: dict[tuple[int, str], int] = defaultdict(int)
        counted = StatementLine.objects.filter(payment__in=payments, posted_at__isnull=False)
        for payment_id, kind, minor in counted.values_list("payment", "kind").annotate(Sum("gross_minor")):
            self._stated[payment_id, kind] = minor
        numbers = {line.number for line in lines}
        gateways = {line.gateway for line in lines}
        older = StatementLine.objects.filter(number__in=numbers, gateway__in=gateways)
        dismissed = Q(difference__state=DifferenceState.DISMISSED)
        self._first = dict[tuple[str, str], int]()
        for line_id, gateway, number in (
            older.exclude(dismissed).order_by("-id").values_list("pk", "gateway", "number")
        ):
            self._first[gateway, number] = line_id

    def difference(self, line: StatementLine) -> Found | None:
        """How a kept line differs; None: it agrees, and counts from now on."""
        theirs = line.gross_minor
        if self._first.get((line.gateway, line.number), line.pk) < line.pk:
            return Found(DifferenceKind.DUPLICATE, 0, theirs)
        if line.kind == StatedKind.DEPOSIT:
            return None
        if line.payment_id is None:
            return Found(DifferenceKind.UNKNOWN, 0, theirs)
        payment = self._payments[line.payment_id]
        ours, stated = our_minor(payment, line.kind), self._stated[line.payment_id, line.kind]
        is_whole = line.kind != StatedKind.SALE or theirs == ours
        if payment.currency != line.currency or not is_whole or stated + theirs > ours:
            return Found(DifferenceKind.AMOUNT, ours - stated, theirs)
        self._stated[line.payment_id, line.kind] += theirs
        return None


def payments_named(gateway: str, charges: set[str], numbers: set[str]) -> dict[str, int]:
    """Ids of the processor's payments by its number of the charge and by ours."""
    named = Q(processor_reference__in=charges) | Q(public_id__in=numbers)
    rows = Payment.objects.filter(named, merchant_account__gateway=gateway)
    found = dict[str, int]()
    for payment_id, charge, public_id in rows.order_by("-id").values_list(
        "pk", "processor_reference", "public_id"
    ):
        found[str(public_id)] = payment_id
        if charge:
            found[charge] = payment_id
    return found


def missing(
    gateway: str, kind: StatedKind, *, first_day: object, last_day: object
) -> list[tuple[Payment, int]]:
    """Payments whose money of this kind no statement has, with what is stated of it.

    Of payments that were paid from `first_day` on, and did not change after `last_day`.
    """
    column = OUR_TOTAL[kind]
    open_or_booked = ~Q(statement_lines__difference__state=DifferenceState.DISMISSED) | Q(
        statement_lines__posted_at__isnull=False
    )
    stated = Sum(
        "statement_lines__gross_minor", filter=Q(statement_lines__kind=kind) & open_or_booked, default=0
    )
    rows = Payment.objects.filter(
        merchant_account__gateway=gateway, captured_at__date__gte=first_day, changed_at__date__lte=last_day,
        **{f"{column}__gt": 0},
    )  # fmt: skip
    rows = rows.annotate(stated=stated).filter(stated__lt=F(column)).order_by("id")
    return [(payment, payment.stated) for payment in rows[:500]]
