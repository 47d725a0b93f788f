"""What `manage.py setup` and its page ask."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from billing.gateways import GATEWAYS
from billing.jurisdictions import require_jurisdiction
from billing.models import TaxZip
from brands.hosts import validate_host
from brands.models import E164
from brands.themes import THEMES
from core.errors import DomainError
from customers.models import User
from operators.phones import operators_phone
from web.forms import MoneyField

_NUMBER_HELP = "One that your carrier lets you use as caller ID, like +12125550100."


class FirstStartForm(forms.Form):
    """Everything that is asked. `groups` are the headings, with the names of the fields under each."""

    owner_email = forms.EmailField(label="Your email address")
    owner_password = forms.CharField(
        label="Your password", widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}), strip=False,
        help_text="At least 10 characters. Two-step verification is set up when you first log in.",
    )  # fmt: skip
    brand_name = forms.CharField(label="Name of the site", max_length=60, help_text="As customers read it.")
    brand_host = forms.CharField(
        label="Its host", help_text="Like www.example.com, already pointing at this server."
    )
    brand_spoken_name = forms.CharField(
        label="How the phone says the name",
        max_length=80,
        required=False,
        help_text="Empty: as it is written.",
    )
    brand_theme = forms.ChoiceField(
        label="Theme", choices=[(theme.slug, theme.name) for theme in THEMES.values()]
    )
    support_email = forms.EmailField(label="Where customers write to")
    caller_id = forms.CharField(label="Number that customers see", validators=[E164], help_text=_NUMBER_HELP)
    operator_caller_id = forms.CharField(
        label="Number that operators see", validators=[E164], required=False, help_text="Empty: the same."
    )
    processor = forms.ChoiceField(
        label="Card processor",
        required=False,
        choices=[("", "None yet"), *((name, name) for name in sorted(GATEWAYS))],
    )
    processor_account = forms.CharField(label="Your account there", max_length=80, required=False)
    statement_text = forms.CharField(
        label="What card statements will say",
        max_length=60,
        required=False,
        help_text="As the processor has it.",
    )
    support_phone = forms.CharField(label="Phone number on the statement", max_length=20, required=False)
    operator_name = forms.CharField(
        label="Stage name of the first operator",
        max_length=40,
        required=False,
        help_text="Empty: add one later.",
    )
    operator_email = forms.EmailField(label="Their email address", required=False)
    operator_phone = forms.CharField(
        label="Their phone", required=False, help_text="They verify it when they first log in."
    )
    operator_rate = MoneyField(
        label="Their price per minute, in dollars", required=False, min_minor=1, max_minor=10_000
    )

    tax_jurisdiction = forms.CharField(
        label="Where you owe sales tax", max_length=40, required=False, validators=[require_jurisdiction],
        help_text="Like NY, or NY-NYC. Empty: nothing is taxed. Ask your accountant; more places are added in the back office.",
    )  # fmt: skip
    tax_zips = forms.CharField(
        label="Its ZIP codes",
        required=False,
        help_text="The first digits, separated by spaces, like 100 101 112.",
    )
    tax_percent = forms.DecimalField(
        label="Rate in percent, of talk, texts, and fees", required=False, min_value=0, max_value=100,
        decimal_places=4, help_text="Like 8.875.",
    )  # fmt: skip
    tax_included = forms.BooleanField(label="Prices contain the tax", required=False)
    test_mail = forms.BooleanField(label="Send me a test email", required=False, initial=True)
    test_phone = forms.CharField(
        label="Your phone number, for a test call",
        required=False,
        help_text="We’ll call it and read six digits. Empty: no call.",
    )

    groups = (
        ("You", ("owner_email", "owner_password")),
        ("The site", ("brand_name", "brand_host", "brand_spoken_name", "brand_theme", "support_email")),
        ("Phone numbers", ("caller_id", "operator_caller_id")),
        ("Card payments", ("processor", "processor_account", "statement_text", "support_phone")),
        ("First operator", ("operator_name", "operator_email", "operator_phone", "operator_rate")),
        ("Sales tax", ("tax_jurisdiction", "tax_zips", "tax_percent", "tax_included")),
        ("Try it", ("test_mail", "test_phone")),
    )
    # What begins a group: left empty, the rest of it isn't asked.
    openers = ("processor", "operator_name", "tax_jurisdiction")

    def grouped(self) -> list[tuple[str, list[forms.BoundField]]]:
        """Heading and fields, for the page."""
        return [(heading, [self[name] for name in names]) for heading, names in self.groups]

    def clean_owner_email(self) -> str:
        email: str = self.cleaned_data["owner_email"].lower()
        if User.objects.filter(email__iexact=email).exists():
            raise ValidationError("There’s already an account with this address. Use another one.")
        return email

    def clean_owner_password(self) -> str:
        password: str = self.cleaned_data["owner_password"]
        validate_password(password)
        return password

    def clean_brand_host(self) -> str:
        host: str = self.cleaned_data["brand_host"].strip().lower()
        validate_host(host)
        return host

    def clean_operator_phone(self) -> str:
        return _checked_phone(self.cleaned_data["operator_phone"])

    def clean_test_phone(self) -> str:
        return _checked_phone(self.cleaned_data["test_phone"])

    def clean_tax_zips(self) -> list[str]:
        prefixes: list[str] = self.cleaned_data["tax_zips"].replace(",", " ").split()
        for prefix in prefixes:
            TaxZip._meta.get_field("prefix").clean(prefix, None)
        return list(dict.fromkeys(prefixes))

    def clean(self) -> dict[str, Any]:
        """A group that is begun is filled in whole."""
        cleaned = super().clean() or {}
        for first, others in (
            ("processor", ("processor_account", "statement_text", "support_phone")),
            ("operator_name", ("operator_email", "operator_phone", "operator_rate")),
            ("tax_jurisdiction", ("tax_zips", "tax_percent")),
        ):
            for name in others if cleaned.get(first) else ():
                if not cleaned.get(name) and name not in self.errors:
                    self.add_error(name, "This is required, too.")
        operator_email = cleaned.get("operator_email", "").lower()
        if operator_email and operator_email == cleaned.get("owner_email", ""):
            self.add_error("operator_email", "The operator needs their own address.")
        return cleaned


def _checked_phone(typed: str) -> str:
    """In E.164; empty where none was given. Raises ValidationError."""
    try:
        return operators_phone(typed) if typed else ""
    except DomainError as error:
        raise ValidationError(error.message) from None
