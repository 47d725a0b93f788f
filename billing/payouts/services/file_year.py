"""A year's forms with whole taxpayer numbers, for filing with the IRS: by a right of its own, each form that is opened on record."""

from django.contrib.auth.models import AbstractBaseUser

from billing.payouts.models import TaxYear
from billing.payouts.years import needs_form, totals_of
from core.db import transactional
from core.errors import Conflict
from core.money import as_decimal
from core.parse import checked_reason
from operators.services.tax_forms import open_tax_form
from operators.tax_forms import newest, number_of

# Of the recipient as they stand on the W-9.
_OF_FORM = ("name", "business_name", "tax_class", "address", "city", "region", "postal_code")
HEADER = (
    "year",
    "operator_id",
    "taxpayer_number",
    "number_kind",
    *_OF_FORM,
    "nonemployee_compensation",
    "withheld",
)


@transactional
def file_year(*, year: int, reason: str, actor: AbstractBaseUser) -> list[list[object]]:
    """A row under HEADER for each operator whom a 1099-NEC is filed for; blank where there is no tax form.

    Raises Invalid (no reason), Conflict `no_terms`, NotAllowed `own_account` for who is among them.
    """
    reason = checked_reason(reason)
    terms = TaxYear.objects.filter(year=year).first()
    if terms is None:
        raise Conflict("Enter the threshold of this tax year first.", code="no_terms")
    rows: list[list[object]] = []
    for total in totals_of(year):
        form = newest(total.operator.user_id)
        if not needs_form(total, form, terms):
            continue
        data = open_tax_form(form_id=form.pk, actor=actor, reason=reason)[1] if form is not None else {}
        rows.append(
            [
                year, total.operator.pk, number_of(data), data.get("number_kind", ""),
                *(data.get(name, "") for name in _OF_FORM),
                as_decimal(total.paid_minor), as_decimal(total.withheld_minor),
            ]
        )  # fmt: skip
    return rows
