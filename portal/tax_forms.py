"""The W-9 and the W-8BEN as people fill them in. Shape only; the rules are `operators.tax_forms`."""

from typing import Any, ClassVar

from django import forms

from operators.countries import COUNTRIES
from operators.models import Application
from operators.regions import REGIONS
from operators.states import LlcClass, NumberKind, TaxClass, TaxForm
from operators.tax_forms import MAX_LINE
from portal.apply_forms import DayField

_SIGN = "I sign this form under penalties of perjury by typing my name."
_COUNTRIES = [("", "Choose"), *COUNTRIES.items()]


def _line(label: str, *, autocomplete: str = "off", required: bool = True, **kwargs: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=MAX_LINE,
        required=required,
        widget=forms.TextInput(attrs={"autocomplete": autocomplete}),
        **kwargs,
    )


def _number(label: str, *, required: bool = True, help_text: str = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=40,
        required=required,
        help_text=help_text,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


class _Signed(forms.Form):
    SECTIONS: ClassVar[tuple[tuple[str, tuple[str, ...]], ...]] = ()  # heading and fields

    typed_name = _line("Your full name, as a signature", autocomplete="name")
    agrees = forms.BooleanField(
        label=_SIGN, error_messages={"required": "Check the box if you agree."}
    )  # nobody ticked it before

    def parts(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The form's sections: heading and fields. The signature isn't among them."""
        return [(heading, [self[name] for name in names]) for heading, names in self.SECTIONS]

    @property
    def fields_of_the_form(self) -> dict[str, Any]:
        """What was filled in, without the signature."""
        return {
            name: value for name, value in self.cleaned_data.items() if name not in ("typed_name", "agrees")
        }


class W9Form(_Signed):
    """Lines 1 to 6 of the W-9, the number, and the certification."""

    name = _line("Name", autocomplete="name", help_text="As on your tax return.")
    business_name = _line(
        "Business name", required=False, autocomplete="organization",
        help_text="If it’s different. A single-member LLC goes here, too, with the class of its owner below.",
    )  # fmt: skip
    tax_class = forms.ChoiceField(
        label="Federal tax classification", choices=TaxClass.choices, initial=TaxClass.INDIVIDUAL
    )
    llc_class = forms.ChoiceField(
        label="How your LLC is taxed", required=False, choices=[("", "Not an LLC"), *LlcClass.choices]
    )
    other_class = _line("Other classification", required=False, help_text="Only if you chose Other.")
    exempt_payee_code = forms.CharField(
        label="Exempt payee code", max_length=2, required=False,
        help_text="1 to 13. Leave it empty if you’re an individual.",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )  # fmt: skip
    address = _line("Street address", autocomplete="street-address")
    city = _line("City", autocomplete="address-level2")
    region = forms.ChoiceField(label="State", choices=[("", "Choose"), *REGIONS.items()])
    postal_code = forms.CharField(
        label="ZIP code", max_length=10,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "postal-code"}),
    )  # fmt: skip
    number_kind = forms.ChoiceField(
        label="Kind of number", choices=NumberKind.choices, initial=NumberKind.SSN
    )
    number = _number(
        "Taxpayer number", help_text="Nine digits. It’s encrypted, and pages show only the last four."
    )
    has_withholding = forms.BooleanField(
        label="Strike out item 2: the IRS told me that I’m subject to backup withholding.", required=False
    )

    SECTIONS: ClassVar = (
        (
            "Who you are",
            ("name", "business_name", "tax_class", "llc_class", "other_class", "exempt_payee_code"),
        ),
        ("Your address", ("address", "city", "region", "postal_code")),
        ("Your taxpayer number", ("number_kind", "number")),
    )


class W8BenForm(_Signed):
    """Parts I to III of the W-8BEN."""

    name = _line("Name", autocomplete="name", help_text="As on your passport.")
    citizenship = forms.ChoiceField(label="Country of citizenship", choices=_COUNTRIES)
    born_on = DayField(label="Date of birth")
    address = _line(
        "Street address", autocomplete="street-address",
        help_text="Where you live for tax purposes. No PO box, and not in care of someone.",
    )  # fmt: skip
    city = _line("City or town, and region", autocomplete="address-level2")
    postal_code = _line("Postal code", required=False, autocomplete="postal-code")
    country = forms.ChoiceField(label="Country", choices=_COUNTRIES)
    mailing_address = _line("Mailing address", required=False, help_text="Only if it’s different.")
    foreign_number = _number("Tax number of your country", required=False)
    no_number_reason = _line(
        "If you have none, why", required=False, help_text="For example: my country gives out no tax numbers."
    )
    us_number = _number("US tax number (SSN or ITIN)", required=False, help_text="If you have one.")
    treaty_country = forms.ChoiceField(
        label="Treaty country", required=False, choices=[("", "None"), *COUNTRIES.items()],
        help_text="If you claim benefits of a tax treaty: the country you live in.",
    )  # fmt: skip
    treaty_article = _line("Article and paragraph", required=False)
    treaty_rate = forms.CharField(
        label="Rate of withholding, percent", max_length=6, required=False,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )  # fmt: skip
    treaty_income = _line(
        "Type of income", required=False, help_text="And why you meet the article’s conditions."
    )

    SECTIONS: ClassVar = (
        ("Who you are", ("name", "citizenship", "born_on")),
        ("Your permanent address", ("address", "city", "postal_code", "country", "mailing_address")),
        ("Your tax numbers", ("foreign_number", "no_number_reason", "us_number")),
        (
            "Treaty benefits, if you claim any",
            ("treaty_country", "treaty_article", "treaty_rate", "treaty_income"),
        ),
    )


FORMS: dict[str, type[W9Form | W8BenForm]] = {TaxForm.W9: W9Form, TaxForm.W8BEN: W8BenForm}


def started(kind: str, application: Application | None) -> W9Form | W8BenForm:
    """The empty form, with what the application has."""
    initial: dict[str, Any] = {}
    if application is not None:
        initial = {"name": application.legal_name, "region": application.region}
        if application.born_on:
            initial["born_on"] = f"{application.born_on:%m/%d/%Y}"
    return FORMS[kind](initial=initial)
