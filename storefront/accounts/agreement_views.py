"""New terms or a new privacy notice: read them, agree, and come back to where one was going."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from customers.legal import pending_kinds
from customers.models import Customer
from customers.services.agree import agree
from storefront.decorators import customer_page
from storefront.legal import Document, documents, origin_of
from web.redirects import safe_next
from web.requests import BrandRequest


class AgreementForm(forms.Form):
    """A box that nobody ticked before. `editions`: those that the page shows, sent along."""

    agrees = forms.BooleanField(error_messages={"required": "Tick the box if you agree."})
    editions = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, pending: list[Document], data: Any = None) -> None:
        self.shown = " ".join(f"{document.kind}={document.edition}" for document in pending)
        super().__init__(data, initial={"editions": self.shown})
        titles = " and ".join(f"the {document.kind.label.lower()}" for document in pending)
        self.fields["agrees"].label = f"I have read and agree to {titles}."

    def is_of_today(self) -> bool:
        """Whether nothing was published while the page was open: that would not have been read."""
        return bool(self.cleaned_data["editions"] == self.shown)


@require_http_methods(["GET", "POST"])
@customer_page
def agreements(request: BrandRequest, customer: Customer) -> HttpResponse:
    """What is new, in full; a post agrees to it. With nothing new it leads on."""
    target = safe_next(request, reverse("directory"))
    pending = documents(request.brand, pending_kinds(customer.pk, request.brand))
    if not pending:
        return redirect(target)
    form = AgreementForm(pending, request.POST or None)
    if request.method == "POST" and form.is_valid():
        if form.is_of_today():
            agreed = [document.agreement for document in pending]
            agree(customer=customer, brand=request.brand, agreements=agreed, origin=origin_of(request))
            return redirect(target)
        form = AgreementForm(pending)
    context = {"documents": pending, "form": form, "target": target}
    return render(request, "storefront/account/agreements.html", context)
