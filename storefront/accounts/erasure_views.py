"""Have one's data deleted: what goes and what stays is said first, and it can be taken back for some days."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from core.errors import DomainError
from customers.models import Customer
from privacy.obstacles import describe, obstacles
from privacy.ownership import Person
from privacy.services.request_erasure import UNDO_FOR, cancel_erasure, request_erasure, waiting_erasure
from storefront.decorators import customer_page
from web.requests import BrandRequest

WORD = "DELETE"


class EraseForm(forms.Form):
    """Nobody types this word by a slip."""

    word = forms.CharField(
        label=f"Type {WORD} to confirm", max_length=20, widget=forms.TextInput({"autocomplete": "off"})
    )

    def clean_word(self) -> str:
        word: str = self.cleaned_data["word"]
        if word.strip().upper() != WORD:
            raise forms.ValidationError(f"Type the word {WORD}.")
        return WORD


@require_http_methods(["GET", "POST"])
@customer_page
def erase(request: BrandRequest, customer: Customer) -> HttpResponse:
    """What is deleted and what is kept; why it can't be done now, or the form."""
    user = customer.user
    form = EraseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            request_erasure(user=user, actor=user, url=request.build_absolute_uri(reverse("account")))
            messages.success(
                request, "Your account is closed, and your data will be deleted. We've emailed you."
            )
            return redirect("account")
        except DomainError as error:
            form.add_error(None, error.message)
    context = {
        "form": form,
        "days": UNDO_FOR.days,
        "waiting": waiting_erasure(user),
        "reasons": [describe(obstacle) for obstacle in obstacles(Person.of(user))],
    }
    return render(request, "storefront/account/erase.html", context)


@require_POST
@customer_page
def keep(request: BrandRequest, customer: Customer) -> HttpResponse:
    """Take it back."""
    try:
        cancel_erasure(user=customer.user, actor=customer.user)
        messages.success(request, "Nothing will be deleted.")
    except DomainError as error:
        messages.error(request, error.message)
    return redirect("account")
