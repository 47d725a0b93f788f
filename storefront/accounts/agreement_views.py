"""New terms or a new privacy notice: read them, agree, and come back to where one was going.

Who moved in from another system says here that they are an adult, too.
"""

from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from customers.legal import pending_kinds
from customers.models import Customer
from customers.services.agree import agree
from customers.services.sign_up import say_is_adult
from customers.states import ConsentKind
from storefront.accounts.forms import AdultField, BirthDateField
from storefront.decorators import customer_page
from storefront.legal import Document, adult_agreement, documents, origin_of
from web.redirects import safe_next
from web.requests import BrandRequest


class AgreementForm(forms.Form):
    """Boxes that nobody ticked before. `editions`: those that the page shows, sent along."""

    born_on = BirthDateField()
    is_adult = AdultField()
    agrees = forms.BooleanField(error_messages={"required": gettext_lazy("Check the box if you agree.")})
    editions = forms.CharField(widget=forms.HiddenInput)

    def __init__(
        self, pending: list[Document], data: Any = None, *, asks_adult: bool = False, asks_birth: bool = False
    ) -> None:
        self.shown = " ".join(f"{document.kind}={document.edition}" for document in pending)
        super().__init__(data, initial={"editions": self.shown})
        if not asks_adult:
            del self.fields["is_adult"]
        if not asks_birth:
            del self.fields["born_on"]
        if not pending:
            del self.fields["agrees"]
            self.fields["editions"].required = False
            return
        *others, last = [
            _("the %(document)s") % {"document": document.kind.label.lower()} for document in pending
        ]
        titles = last
        if others:
            last_two = _("%(others)s, and %(last)s") if len(others) > 1 else _("%(others)s and %(last)s")
            titles = last_two % {"others": ", ".join(others), "last": last}
        self.fields["agrees"].label = _("I have read and agree to %(titles)s.") % {"titles": titles}

    def is_of_today(self) -> bool:
        """Whether nothing was published while the page was open: that would not have been read."""
        return bool(self.cleaned_data["editions"] == self.shown)


@require_http_methods(["GET", "POST"])
@customer_page
def agreements(request: BrandRequest, customer: Customer) -> HttpResponse:
    """What is new, in full; a post agrees to it. With nothing new it leads on."""
    target = safe_next(request, reverse("directory"))
    kinds = pending_kinds(customer.pk, request.brand)
    if not kinds:
        return redirect(target)
    asks_adult = ConsentKind.ADULT in kinds
    pending = documents(request.brand, [kind for kind in kinds if kind != ConsentKind.ADULT])
    asked = {"asks_adult": asks_adult, "asks_birth": asks_adult and customer.born_on is None}
    form = AgreementForm(pending, request.POST or None, **asked)
    if request.method == "POST" and form.is_valid():
        if form.is_of_today():
            _agree(request, customer, form, pending)
            return redirect(target)
        form = AgreementForm(pending, **asked)
    context = {"documents": pending, "form": form, "target": target, "asks_adult": asks_adult}
    return render(request, "storefront/account/agreements.html", context)


@transaction.atomic
def _agree(request: BrandRequest, customer: Customer, form: AgreementForm, pending: list[Document]) -> None:
    origin = origin_of(request)
    if "is_adult" in form.fields:
        say_is_adult(
            customer=customer,
            born_on=form.cleaned_data.get("born_on"),
            agreement=adult_agreement(str(form.fields["is_adult"].label)),
            brand=request.brand,
            origin=origin,
        )
    agreed = [document.agreement for document in pending]
    agree(customer=customer, brand=request.brand, agreements=agreed, origin=origin)
