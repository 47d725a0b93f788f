"""Forms of signing up and logging in, as allauth uses them (`settings.ACCOUNT_FORMS`)."""

from datetime import date
from typing import Any

from allauth.account.forms import LoginForm as AllauthLoginForm
from allauth.account.forms import SignupForm as AllauthSignupForm
from django import forms
from django.db import transaction
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import clock
from customers.models import User
from customers.services.sign_up import ADULT_YEARS, age_on
from operators.services.sign_up_through_link import sign_up_through_link
from storefront.first_touch import first_touch_of
from storefront.legal import origin_of, sign_up_agreements
from web import time_zones
from web.device_marker import marker_hash_of
from web.requests import BrandRequest

_OLDEST_YEARS = 120
# As people write it in the United States, with any separator or none, and as an autofilling browser does.
_DATE_FORMATS = ["%m/%d/%Y", "%m-%d-%Y", "%m.%d.%Y", "%m %d %Y", "%m%d%Y", "%Y-%m-%d"]
_EMAIL = {"autocomplete": "email", "inputmode": "email"}


class BirthDateField(forms.DateField):
    """A date of birth, typed with thumbs: 03/07/1990, 3/7/1990 or 03071990."""

    widget = forms.TextInput(
        attrs={"autocomplete": "bday", "inputmode": "numeric", "placeholder": "MM/DD/YYYY"}
    )

    def __init__(self) -> None:
        super().__init__(
            label=_("Date of birth"),
            help_text=_("Only we see this."),
            input_formats=_DATE_FORMATS,
            error_messages={"invalid": _("Enter it as MM/DD/YYYY.")},
        )

    def clean(self, value: Any) -> date:
        born_on: date = super().clean(value)
        age = age_on(clock.now().date(), born_on)
        if age < ADULT_YEARS:
            raise forms.ValidationError(_("You must be %(years)s or older.") % {"years": ADULT_YEARS})
        if age > _OLDEST_YEARS:
            raise forms.ValidationError(_("Check the year."))
        return born_on


class AdultField(forms.BooleanField):
    """The box by which somebody says to be an adult."""

    def __init__(self) -> None:
        super().__init__(
            label=_("I am %(years)s or older.") % {"years": ADULT_YEARS},
            error_messages={"required": _("You must be %(years)s or older.") % {"years": ADULT_YEARS}},
        )


class SignUpForm(AllauthSignupForm):
    """E-mail, a password or none, date of birth, two boxes that nobody ticked before."""

    field_order = ["email", "password1", "born_on", "is_adult", "agrees"]

    born_on = BirthDateField()
    is_adult = AdultField()
    time_zone = forms.CharField(required=False, widget=forms.HiddenInput)  # the browser's, filled in by it
    agrees = forms.BooleanField(
        error_messages={"required": gettext_lazy("You need to agree before we can create an account.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["agrees"].label = format_html(
            _(
                'I agree to the <a href="{}">terms</a>, the <a href="{}">privacy notice</a>, '
                'and <a href="{}">how calls are charged</a>.'
            ),
            *(reverse(f"help-{page}") for page in ("terms", "privacy", "pricing")),
        )
        self.fields["email"].label = _("Email address")
        self.fields["email"].help_text = _(
            "We’ll send a code there. The subject says nothing about this site."
        )
        self.fields["email"].widget.attrs = {**_EMAIL, "autofocus": False}
        password = self.fields["password1"]
        password.label = _("Password (optional)")
        password.help_text = _("10 characters or more. Leave it empty to log in with emailed codes instead.")
        password.widget.attrs.pop("placeholder", None)

    def save(self, request: BrandRequest) -> User:
        """The user and everything that makes a customer of them, or nothing."""
        with transaction.atomic():
            user: User = super().save(request)
        return user

    def clean_time_zone(self) -> str:
        """The browser's zone; without JavaScript, or if it is none, the one of new accounts."""
        zone: str = self.cleaned_data["time_zone"]
        return zone if time_zones.is_known(zone) else User._meta.get_field("time_zone").get_default()

    def custom_signup(self, request: BrandRequest, user: User) -> None:
        """Called by `save`, inside its transaction."""
        brand = request.brand
        user.time_zone = self.cleaned_data["time_zone"]
        user.save(update_fields=["time_zone"])
        sign_up_through_link(
            first_touch=first_touch_of(request),
            browser_hash=marker_hash_of(request),
            user=user,
            brand=brand,
            born_on=self.cleaned_data["born_on"],
            agreements=sign_up_agreements(brand, str(self.fields["is_adult"].label)),
            origin=origin_of(request),
        )


class LoginForm(AllauthLoginForm):
    """E-mail and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("Email address")
        self.fields["login"].widget.attrs = {**_EMAIL, "autocomplete": "username"}
        self.fields["password"].widget.attrs.pop("placeholder", None)
        self.fields["password"].help_text = ""
        if remember := self.fields.get("remember"):
            remember.label = _("Stay logged in on this device")
