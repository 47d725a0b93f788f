"""The year, closed: what each operator was paid in it, and what was withheld, as a 1099-NEC says it.

A payout counts in the year of the bank's date (`paid_on`); one that came back afterwards counts as not paid. What the fee for a
payout at once took was paid, too: it is the operator's cost. What staff paid outside of a run counts in the year of the day that they
named, unless it came back.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, F, Sum, Value

from billing.payouts.models import PayoutItem, TaxYear
from billing.payouts.outside import outside_payouts
from billing.payouts.states import ItemState
from core.money import as_decimal
from operators.models import Operator, SignedTaxForm
from operators.states import TaxForm

HEADER = (
    "year", "operator_id", "stage_name", "tax_form", "taxpayer_last_four", "payouts", "paid", "withheld", "threshold", "form_1099_nec",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class YearTotal:
    """One operator's year, minor units. `paid_minor` is before withholding."""

    operator: Operator
    payouts: int
    paid_minor: int
    withheld_minor: int


def totals_of(year: int, operator_id: int | None = None) -> list[YearTotal]:
    """Everybody who was paid in the year, in the order of their ids. Three queries."""
    items = PayoutItem.objects.filter(
        state=ItemState.PAID, paid_on__gte=date(year, 1, 1), paid_on__lte=date(year, 12, 31)
    )
    if operator_id is not None:
        items = items.filter(operator=operator_id)
    sums = items.order_by().values_list("operator").annotate(
        count=Count("id"),
        paid=Sum(F("amount_minor") + F("withheld_minor") + F("fee_minor")),
        withheld=Sum("withheld_minor"),
    )  # fmt: skip
    outside = outside_payouts(year)
    if operator_id is not None:
        outside = outside.filter(operator=operator_id)
    of_outside = (
        outside.order_by()
        .values_list("operator")
        .annotate(count=Count("id"), paid=Sum("amount_minor"), withheld=Value(0))
    )
    by_operator: dict[int, list[int]] = {}
    for key, *figures in (*sums, *of_outside):
        before = by_operator.get(key, [0, 0, 0])
        by_operator[key] = [sum(pair) for pair in zip(before, figures, strict=True)]
    operators = Operator.objects.filter(pk__in=list(by_operator)).select_related("user").order_by("pk")
    return [YearTotal(operator, *by_operator[operator.pk]) for operator in operators]


def needs_form(total: YearTotal, form: SignedTaxForm | None, terms: TaxYear | None) -> bool:
    """Whether a 1099-NEC is filed for this operator's year. Of a year without terms nobody knows."""
    is_due = terms is not None and (total.paid_minor >= terms.threshold_minor or total.withheld_minor > 0)
    return is_due and (form is None or form.kind == TaxForm.W9)


def csv_rows(year: int) -> Iterator[list[object]]:
    """The header, and one row for each operator who was paid in the year."""
    yield list(HEADER)
    terms = TaxYear.objects.filter(year=year).first()
    totals = totals_of(year)
    users = [total.operator.user_id for total in totals]
    signed = SignedTaxForm.objects.filter(user__in=users).defer("data").order_by("pk")
    forms = {form.user_id: form for form in signed}  # the newest of each
    for total in totals:
        form = forms.get(total.operator.user_id)
        yield [
            year, total.operator.pk, total.operator.stage_name, form.kind if form else "",
            form.last_four if form else "", total.payouts, as_decimal(total.paid_minor),
            as_decimal(total.withheld_minor), "" if terms is None else as_decimal(terms.threshold_minor),
            "yes" if needs_form(total, form, terms) else "no",
        ]  # fmt: skip
