"""From an empty database to an owner, a brand, and a first operator: what `manage.py setup` and its page ask, and what they make.

Only while no administrator exists. Everything is made in one transaction, or nothing.
"""

from typing import Any

from allauth.account.models import EmailAddress
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import connection

from billing.gateways import GATEWAYS
from billing.models import MerchantAccount
from brands.hosts import validate_host
from brands.models import E164, Brand
from brands.selectors import forget
from brands.themes import THEMES
from core import audit
from core.db import transactional
from core.errors import Conflict, DomainError
from customers.login_help import send_password_link
from customers.models import User
from operators.models import Operator
from operators.phones import operators_phone
from operators.pricing import RATE_COLUMNS
from operators.services.review_operator import approve_operator
from phones.services.store_number import store_number
from web.forms import MoneyField

TOKEN_SECONDS = 3600
_SALT = "first start"
_NUMBER_HELP = "One that your carrier lets you use as caller ID, like +12125550100."


def is_needed() -> bool:
    """Whether nobody administers this installation yet."""
    return not User.objects.filter(is_superuser=True, is_active=True).exists()


def new_token() -> str:
    """Opens the page for an hour; of no use once there is an administrator."""
    return signing.dumps("setup", salt=_SALT)


def is_token(text: str) -> bool:
    """Whether it was made here within the last hour."""
    try:
        return bool(signing.loads(text.strip(), salt=_SALT, max_age=TOKEN_SECONDS) == "setup")
    except signing.BadSignature:
        return False


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
        label="Their price a minute, in dollars", required=False, min_minor=1, max_minor=10_000
    )

    groups = (
        ("You", ("owner_email", "owner_password")),
        ("The site", ("brand_name", "brand_host", "brand_spoken_name", "brand_theme", "support_email")),
        ("Phone numbers", ("caller_id", "operator_caller_id")),
        ("Card payments", ("processor", "processor_account", "statement_text", "support_phone")),
        ("First operator", ("operator_name", "operator_email", "operator_phone", "operator_rate")),
    )

    def grouped(self) -> list[tuple[str, list[forms.BoundField]]]:
        """Heading and fields, for the page."""
        return [(heading, [self[name] for name in names]) for heading, names in self.groups]

    def clean_owner_email(self) -> str:
        email: str = self.cleaned_data["owner_email"].lower()
        if User.objects.filter(email__iexact=email).exists():
            raise ValidationError("There is an account with this address. Use another one.")
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
        try:
            return (
                operators_phone(self.cleaned_data["operator_phone"])
                if self.cleaned_data["operator_phone"]
                else ""
            )
        except DomainError as error:
            raise ValidationError(error.message) from None

    def clean(self) -> dict[str, Any]:
        """A group that is begun is filled in whole."""
        cleaned = super().clean() or {}
        for first, others in (
            ("processor", ("processor_account", "statement_text", "support_phone")),
            ("operator_name", ("operator_email", "operator_phone", "operator_rate")),
        ):
            for name in others if cleaned.get(first) else ():
                if not cleaned.get(name) and name not in self.errors:
                    self.add_error(name, "This is needed, too.")
        operator_email = cleaned.get("operator_email", "").lower()
        if operator_email and operator_email == cleaned.get("owner_email", ""):
            self.add_error("operator_email", "The operator needs an address of their own.")
        return cleaned


@transactional
def set_up(answers: dict[str, Any]) -> User:
    """Make the owner, the site, and what else was answered (`FirstStartForm.cleaned_data`). Raises Conflict `set_up_already`."""
    with connection.cursor() as cursor:  # two at once: one of them finds the other's owner
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('first start', 0))")
    if not is_needed():
        raise Conflict("This installation has an administrator. Log in instead.", code="set_up_already")
    owner: User = User.objects.create_superuser(answers["owner_email"], answers["owner_password"])
    _confirm_address(owner)
    brand = _brand(answers)
    if answers["processor"]:
        MerchantAccount.objects.create(
            brand=brand,
            gateway=answers["processor"],
            account=answers["processor_account"],
            statement_text=answers["statement_text"],
            support_phone=answers["support_phone"],
        )
    if answers["operator_name"]:
        _operator(answers, brand, owner)
    audit.record(actor=owner, action="installation.set_up", subject=brand, host=answers["brand_host"])
    forget()
    return owner


def _confirm_address(user: User) -> None:
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)


def _brand(answers: dict[str, Any]) -> Brand:
    host = answers["brand_host"]
    brand = Brand.objects.create(
        slug=host.removeprefix("www.").replace(".", "-")[:50],
        name=answers["brand_name"],
        spoken_name=answers["brand_spoken_name"],
        theme=answers["brand_theme"],
        caller_id=answers["caller_id"],
        operator_caller_id=answers["operator_caller_id"] or answers["caller_id"],
        support_email=answers["support_email"],
    )
    brand.hosts.create(host=host)
    return brand


def _operator(answers: dict[str, Any], brand: Brand, owner: User) -> None:
    """They choose their password by a link that is mailed to them, and verify their phone in the portal."""
    user = User.objects.create_user(answers["operator_email"])
    _confirm_address(user)
    operator = Operator.objects.create(
        user=user,
        stage_name=answers["operator_name"],
        slug=answers["operator_name"].lower().replace(" ", "-"),
        portrait_seed=answers["operator_name"].lower(),
        phone_number=store_number(answers["operator_phone"]),
        **dict.fromkeys(RATE_COLUMNS, answers["operator_rate"]),
    )
    operator.listings.create(brand=brand)
    approve_operator(operator_id=operator.pk, actor=owner, reason="First operator, known to the owner")
    send_password_link(user_id=user.pk, actor=owner)
