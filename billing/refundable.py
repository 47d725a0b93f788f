"""What of a bill can still be given back: its sales as corrected, less the refunds that still hold.

A correction changes what a call cost after it was settled. It belongs to the last sale of the bill first (a call's talk, then
its fee), so that refunds and corrections know of each other in any order.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db.models import BigIntegerField, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from billing.ledger.models import Entry, Transaction
from billing.ledger.states import SALES, AccountKind, TransactionKind
from core.money import Split, round_half_up

Amounts = tuple[int, int, int]  # of a part of a bill: what was paid, the operator's part of it, the tax in it

# For a query of transactions: the tax each put on the books, and whom it is owed to.
_tax_entries = Entry.objects.filter(transaction=OuterRef("pk"), account__kind=AccountKind.TAX)
TAX_ENTERED = Coalesce(
    Subquery(_tax_entries.values("amount_minor"), output_field=BigIntegerField()),
    Value(0),
)
_TAX_NAME = Coalesce(Subquery(_tax_entries.values("account__name")), Value(""))


@dataclass(frozen=True, slots=True)
class GivenBack:
    """One refund, minor units: `operator_minor` of it came from the operator, unless the platform paid all of it.

    `tax_minor` of it was tax, which is owed no more.
    """

    amount_minor: int
    operator_minor: int
    claws_back: bool
    tax_minor: int = 0

    @property
    def parts(self) -> Split:
        """What the operator and the platform give of it."""
        return Split(self.operator_minor, self.amount_minor - self.tax_minor - self.operator_minor)


@dataclass(frozen=True, slots=True)
class Line:
    """What the customer paid for one part of a bill, the operator's part of that, and the tax, corrections included.

    `row` is the sale (or, of a call that was charged only later, its correction); `refunds` are those that still hold,
    oldest first.
    """

    row: Transaction
    amount_minor: int
    operator_minor: int
    refunds: tuple[Transaction, ...] = ()
    tax_minor: int = 0
    jurisdiction: str = ""  # whom the tax is owed to

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
            base_minor = self._shared(refund.amount_minor, refund.refunded_tax_minor)
            claws_back = bool(refund.operator_minor) or not self.share_between(shared_minor, base_minor)
            if claws_back:
                shared_minor += base_minor
            yield GivenBack(refund.amount_minor, refund.operator_minor, claws_back, refund.refunded_tax_minor)

    def given_back(self, amount_minor: int, *, claws_back: bool) -> GivenBack:
        """A refund of `amount_minor` more."""
        tax_minor = self.tax_between(self.refunded_minor, amount_minor)
        operator_minor = self.clawed_back_minor(amount_minor, tax_minor) if claws_back else 0
        return GivenBack(amount_minor, operator_minor, claws_back, tax_minor)

    def clawed_back_minor(self, amount_minor: int, tax_minor: int) -> int:
        """The operator's part of a refund of `amount_minor` more, of which `tax_minor` is tax.

        Parts are differences of one rounded share, so that refunds in any number of steps claw back exactly what the
        operator got.
        """
        past = [gift for gift in self.past() if gift.claws_back]
        shared_minor = sum(self._shared(gift.amount_minor, gift.tax_minor) for gift in past)
        return self.share_between(shared_minor, self._shared(amount_minor, tax_minor))

    def share_between(self, shared_minor: int, base_minor: int) -> int:
        """What `base_minor` more of what is shared, after `shared_minor`, takes from the operator."""
        return _between(
            self.operator_minor, self._shared(self.amount_minor, self.tax_minor), shared_minor, base_minor
        )

    def tax_between(self, refunded_minor: int, amount_minor: int) -> int:
        """The tax in `amount_minor` more, after `refunded_minor`, whoever pays for it: nothing is owed of what went back."""
        return _between(self.tax_minor, self.amount_minor, refunded_minor, amount_minor)

    def again(self, amount_minor: int, operator_minor: int, tax_minor: int) -> list[GivenBack]:
        """The refunds of this line as they are once it comes to these amounts.

        What was given back in full stays given back in full, whichever way it changes; else nobody gets back more than
        was paid.
        """
        line = Line(self.row, amount_minor, operator_minor, tax_minor=tax_minor)
        past = [(refund.amount_minor, refund.claws_back) for refund in self.past()]
        if self.is_refunded_in_full and amount_minor > self.refunded_minor:
            past.append((amount_minor - self.refunded_minor, past[-1][1]))
        given: list[GivenBack] = []
        left_minor, shared_minor = amount_minor, 0
        for wanted_minor, claws_back in past:
            part_minor = min(wanted_minor, left_minor)
            tax_part_minor = line.tax_between(amount_minor - left_minor, part_minor)
            base_minor = line._shared(part_minor, tax_part_minor)
            share_minor = line.share_between(shared_minor, base_minor)
            if claws_back or not share_minor:
                shared_minor += base_minor
            if part_minor:
                share_part_minor = share_minor if claws_back else 0
                given.append(GivenBack(part_minor, share_part_minor, claws_back, tax_part_minor))
            left_minor -= part_minor
        return given

    def _shared(self, amount_minor: int, tax_minor: int) -> int:
        """What of an amount operator and platform share: what is left without tax, so that neither of them ever gives less than
        nothing. Of a bill that was not paid in full, all of it: too little may have been paid for the tax alone.
        """
        is_paid_in_full = self.operator_minor <= self.amount_minor - self.tax_minor
        return amount_minor - tax_minor if is_paid_in_full else amount_minor


def _between(part_minor: int, of_minor: int, before_minor: int, more_minor: int) -> int:
    """What of `part_minor` of `of_minor` is in `more_minor`, after `before_minor`: a difference of two rounded parts."""
    before, after = (
        round_half_up(minor * part_minor, of_minor) if minor else 0
        for minor in (before_minor, before_minor + more_minor)
    )
    return after - before


def borne_minor(reference: str) -> int:
    """What the platform bore of a call's bill after a restore, and has not had back by a correction."""
    entries = Entry.objects.filter(
        transaction__reference=reference, account__kind=AccountKind.UNCOLLECTED
    ).exclude(transaction__reference="")
    return -(entries.aggregate(total=Sum("amount_minor"))["total"] or 0)


def lines_of(row: Transaction) -> list[Line]:
    """The parts of the bill that `row` belongs to (its reference's), the last sold first."""
    if row.reference:
        return bill_lines(row.reference)
    return _lines(Transaction.objects.filter(Q(pk=row.pk) | Q(reverses=row)))


def refunded_minor(sale: Transaction) -> int:
    """How much of a sale was given back so far."""
    return sum(line.refunded_minor for line in lines_of(sale) if line.row == sale)


def bill_lines(reference: str) -> list[Line]:
    """The parts of the bill of a call id or message id, the last sold first; none if nothing was charged."""
    return _lines(Transaction.objects.filter(reference=reference).exclude(reference=""))


def corrected(amounts: Sequence[Amounts], change: Amounts) -> list[Amounts]:
    """`amounts` (what was paid for a part of a bill, the operator's part of it, and the tax in it, each) after a correction,
    which falls on the first of them.
    """
    result = []
    for index, amount in enumerate(amounts):
        is_used_up = change[0] < -amount[0] and index + 1 < len(amounts)
        moved = (-amount[0], -amount[1], -amount[2]) if is_used_up else change
        result.append((amount[0] + moved[0], amount[1] + moved[1], amount[2] + moved[2]))
        change = (change[0] - moved[0], change[1] - moved[1], change[2] - moved[2])
    return result


def is_correction(row: Transaction) -> bool:
    """Whether a row of a call's bill changed what it cost; an adjustment that reverses took back a refund."""
    return row.kind == TransactionKind.ADJUSTMENT and row.reverses_id is None


def _lines(transactions: QuerySet[Transaction]) -> list[Line]:
    rows = list(transactions.annotate(tax=TAX_ENTERED, tax_name=_TAX_NAME).order_by("id"))
    sales = [row for row in reversed(rows) if row.kind in SALES]
    correction = next((row for row in rows if is_correction(row) and row.reference), None)
    amounts = [(sale.amount_minor + sale.tax, sale.operator_minor, sale.tax) for sale in sales]
    if correction is not None:
        owed_minor = correction.operator_minor + correction.platform_minor + correction.tax
        paid_minor = owed_minor - _uncollected_minor(correction)
        if not sales:
            sales, amounts = [correction], [(0, 0, 0)]
        change = (paid_minor, correction.operator_minor, correction.tax)
        amounts = corrected(amounts, change)
    borne = sum(row.amount_minor for row in rows if row.kind == TransactionKind.UNCOLLECTED)
    if borne and amounts:
        amounts = corrected(amounts, (-borne, 0, 0))
    refunds = _refunds_that_hold(rows)
    return [
        Line(sale, amount, operator, tuple(refunds[sale.pk]), tax, _jurisdiction(sale, correction))
        for sale, (amount, operator, tax) in zip(sales, amounts, strict=True)
    ]


def _jurisdiction(sale: Transaction, correction: Transaction | None) -> str:
    """Where the tax on a sale is owed: its own entry says it, else that of its correction."""
    names = [getattr(row, "tax_name") for row in (sale, correction) if row is not None]  # noqa: B009 (annotated)
    return next(filter(None, names), "")


def _refunds_that_hold(rows: Sequence[Transaction]) -> dict[int | None, list[Transaction]]:
    taken_back = {row.reverses_id for row in rows if row.kind == TransactionKind.ADJUSTMENT}
    refunds = defaultdict(list)
    for row in rows:
        if row.kind == TransactionKind.REFUND and row.pk not in taken_back:
            refunds[row.reverses_id].append(row)
    return refunds


def _uncollected_minor(correction: Transaction) -> int:
    """What of a correction the customer could not pay, and the platform did; negative: what it had back."""
    bears = (AccountKind.ADJUSTMENT, AccountKind.UNCOLLECTED)
    entries = Entry.objects.filter(transaction=correction, account__kind__in=bears)
    return -(entries.aggregate(total=Sum("amount_minor"))["total"] or 0)
