"""What of a bill can still be given back: its sales as corrected, less the refunds that still hold.

A correction changes what a call cost after it was settled. It belongs to the last sale of the bill first (a call's talk, then
its fee), so that refunds and corrections know of each other in any order.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db.models import Sum

from billing.ledger.models import Entry, Transaction
from billing.ledger.states import SALES, AccountKind, TransactionKind
from core.money import round_half_up


@dataclass(frozen=True, slots=True)
class GivenBack:
    """One refund, minor units: `operator_minor` of it came from the operator, unless the platform paid all of it."""

    amount_minor: int
    operator_minor: int
    claws_back: bool


@dataclass(frozen=True, slots=True)
class Line:
    """What the customer paid for one part of a bill, and the operator's part of that, corrections included.

    `row` is the sale (or, of a call that was charged only later, its correction); `refunds` are those that still hold,
    oldest first.
    """

    row: Transaction
    amount_minor: int
    operator_minor: int
    refunds: tuple[Transaction, ...] = ()

    @property
    def refunded_minor(self) -> int:
        """What was given back so far."""
        return sum(refund.amount_minor for refund in self.refunds)

    @property
    def left_minor(self) -> int:
        """What can still be given back; never below 0."""
        return max(0, self.amount_minor - self.refunded_minor)

    @property
    def is_refunded_in_full(self) -> bool:
        """Whether something was paid and all of it was given back."""
        return 0 < self.amount_minor <= self.refunded_minor

    def past(self) -> Iterator[GivenBack]:
        """The refunds that hold, and whether each was at the operator's expense, too.

        One to which the operator should have given something and gave nothing was the platform's. One whose part rounded to
        nothing belongs to the others.
        """
        shared_minor = 0
        for refund in self.refunds:
            claws_back = bool(refund.operator_minor) or not self.share_between(
                shared_minor, refund.amount_minor
            )
            if claws_back:
                shared_minor += refund.amount_minor
            yield GivenBack(refund.amount_minor, refund.operator_minor, claws_back)

    def clawed_back_minor(self, amount_minor: int) -> int:
        """The operator's part of a refund of `amount_minor` more.

        Parts are differences of one rounded share, so that refunds in any number of steps claw back exactly what the
        operator got.
        """
        shared_minor = sum(past.amount_minor for past in self.past() if past.claws_back)
        return self.share_between(shared_minor, amount_minor)

    def share_between(self, shared_minor: int, amount_minor: int) -> int:
        """What `amount_minor` more, after `shared_minor`, takes from the operator."""
        return self._share(shared_minor + amount_minor) - self._share(shared_minor)

    def again(self, amount_minor: int, operator_minor: int) -> list[GivenBack]:
        """The refunds of this line as they are once it comes to these amounts.

        What was given back in full stays given back in full, whichever way it changes; else nobody gets back more than
        was paid.
        """
        line = Line(self.row, amount_minor, operator_minor)
        past = [(refund.amount_minor, refund.claws_back) for refund in self.past()]
        if self.is_refunded_in_full and amount_minor > self.refunded_minor:
            past.append((amount_minor - self.refunded_minor, past[-1][1]))
        given: list[GivenBack] = []
        left_minor, shared_minor = amount_minor, 0
        for wanted_minor, claws_back in past:
            part_minor = min(wanted_minor, left_minor)
            share_minor = line.share_between(shared_minor, part_minor)
            if claws_back or not share_minor:
                shared_minor += part_minor
            if part_minor:
                given.append(GivenBack(part_minor, share_minor if claws_back else 0, claws_back))
            left_minor -= part_minor
        return given

    def _share(self, amount_minor: int) -> int:
        return round_half_up(amount_minor * self.operator_minor, self.amount_minor) if amount_minor else 0


def lines_of(row: Transaction) -> list[Line]:
    """The parts of the bill that `row` belongs to (its reference's), the last sold first."""
    if row.reference:
        return bill_lines(row.reference)
    return _lines([row, *Transaction.objects.filter(reverses=row).order_by("id")])


def bill_lines(reference: str) -> list[Line]:
    """The parts of the bill of a call id or message id, the last sold first; none if nothing was charged."""
    return _lines(list(Transaction.objects.filter(reference=reference).exclude(reference="").order_by("id")))


def corrected(
    amounts: Sequence[tuple[int, int]], change_minor: int, operator_change_minor: int
) -> list[tuple[int, int]]:
    """`amounts` (a part of a bill and the operator's part of it, each) after a correction, which falls on the first of them."""
    result = []
    for index, (amount_minor, operator_minor) in enumerate(amounts):
        is_used_up = change_minor < -amount_minor and index + 1 < len(amounts)
        change = -amount_minor if is_used_up else change_minor
        operator_change = -operator_minor if is_used_up else operator_change_minor
        result.append((amount_minor + change, operator_minor + operator_change))
        change_minor, operator_change_minor = change_minor - change, operator_change_minor - operator_change
    return result


def is_correction(row: Transaction) -> bool:
    """Whether a row of a call's bill changed what it cost; an adjustment that reverses took back a refund."""
    return row.kind == TransactionKind.ADJUSTMENT and row.reverses_id is None


def _lines(rows: list[Transaction]) -> list[Line]:
    sales = [row for row in reversed(rows) if row.kind in SALES]
    correction = next((row for row in rows if is_correction(row) and row.reference), None)
    amounts = [(sale.amount_minor, sale.operator_minor) for sale in sales]
    if correction is not None:
        paid_minor = correction.operator_minor + correction.platform_minor - _uncollected_minor(correction)
        if not sales:
            sales, amounts = [correction], [(0, 0)]
        amounts = corrected(amounts, paid_minor, correction.operator_minor)
    refunds = _refunds_that_hold(rows)
    return [
        Line(sale, amount, operator, tuple(refunds[sale.pk]))
        for sale, (amount, operator) in zip(sales, amounts, strict=True)
    ]


def _refunds_that_hold(rows: list[Transaction]) -> dict[int | None, list[Transaction]]:
    taken_back = {row.reverses_id for row in rows if row.kind == TransactionKind.ADJUSTMENT}
    refunds = defaultdict(list)
    for row in rows:
        if row.kind == TransactionKind.REFUND and row.pk not in taken_back:
            refunds[row.reverses_id].append(row)
    return refunds


def _uncollected_minor(correction: Transaction) -> int:
    """What of a correction the customer could not pay, and the platform did."""
    entries = Entry.objects.filter(transaction=correction, account__kind=AccountKind.ADJUSTMENT)
    return -(entries.aggregate(total=Sum("amount_minor"))["total"] or 0)
