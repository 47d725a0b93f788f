"""Signing up on the operators' site: an address and a password or none; the application asks for the rest."""

from typing import Any

from allauth.account.forms import SignupForm
from allauth.account.views import SignupView
from django import forms
from django.http import HttpRequest

from customers.models import User
from web import time_zones


class ApplicantSignUpForm(SignupForm):
    """The login of somebody who wants to apply."""

    time_zone = forms.CharField(required=False, widget=forms.HiddenInput)  # the browser's, filled in by it

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        email, password = self.fields["email"], self.fields["password1"]
        email.label = "Email address"
        email.help_text = "We’ll send a code there. The subject says nothing about this site."
        email.widget.attrs = {"autocomplete": "email", "inputmode": "email", "autofocus": False}
        password.label = "Password (optional)"
        password.help_text = "10 characters or more. Leave it empty to log in with emailed codes instead."
        password.widget.attrs.pop("placeholder", None)

    def custom_signup(self, request: HttpRequest, user: User) -> None:
        """Called by `save`. Without JavaScript, or if the browser names none, the zone is that of new accounts."""
        zone = self.cleaned_data["time_zone"]
        if time_zones.is_known(zone):
            user.time_zone = zone
            user.save(update_fields=["time_zone"])


class ApplicantSignUp(SignupView):
    """allauth's page with this form."""

    def get_form_class(self) -> type[SignupForm]:
        return ApplicantSignUpForm
