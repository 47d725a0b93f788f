"""A tax form with everything on it, for a reason that is kept."""

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from backoffice.decorators import render_staff_page, staff_page
from customers.models import User
from operators.countries import COUNTRIES
from operators.regions import REGIONS
from operators.services.tax_forms import open_tax_form
from operators.states import LlcClass, NumberKind, TaxClass
from web.forms import reason_of

_LABELS = {
    "name": "Name",
    "business_name": "Business name",
    "tax_class": "Federal tax classification",
    "llc_class": "LLC taxed as",
    "other_class": "Other classification",
    "exempt_payee_code": "Exempt payee code",
    "citizenship": "Citizenship",
    "born_on": "Date of birth",
    "address": "Street address",
    "city": "City",
    "region": "State",
    "postal_code": "Postal code",
    "country": "Country",
    "mailing_address": "Mailing address",
    "number_kind": "Kind of number",
    "number": "Taxpayer number",
    "foreign_number": "Foreign tax number",
    "no_number_reason": "Why there is none",
    "us_number": "US tax number",
    "treaty_country": "Treaty country",
    "treaty_article": "Article and paragraph",
    "treaty_rate": "Rate, percent",
    "treaty_income": "Type of income",
    "has_withholding": "Item 2 struck out (backup withholding)",
    "typed_name": "Signed as",
}
_WORDS: dict[str, dict[str, str]] = {
    "tax_class": dict(TaxClass.choices),
    "llc_class": dict(LlcClass.choices),
    "number_kind": dict(NumberKind.choices),
    "region": REGIONS,
    **dict.fromkeys(("citizenship", "country", "treaty_country"), COUNTRIES),
}


@require_POST
@staff_page("operators.view_tax_form")
def tax_form(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Every line of the form. No browser and no proxy keeps the page."""
    form, data = open_tax_form(form_id=number, actor=staff, reason=reason_of(request))
    answer = render_staff_page(
        request,
        "backoffice/tax_form.html",
        title=f"{form.get_kind_display()} of {form.user.email}",
        form=form,
        lines=[(label, _words(name, data[name])) for name, label in _LABELS.items() if data.get(name)],
    )
    answer["Cache-Control"] = "no-store"
    return answer


def _words(name: str, value: Any) -> str:
    if value is True:
        return "yes"
    if name == "born_on":
        return f"{date.fromisoformat(value):%Y-%m-%d}"
    return _WORDS.get(name, {}).get(value, str(value))
