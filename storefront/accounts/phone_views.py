"""The phones of an account: add one by a spoken code, choose which we call, remove, verify anew after a 9."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from core import clock
from core.errors import DomainError, LimitReached
from customers.models import Customer, PhoneVerification
from customers.services.phones import make_primary, remove_phone
from storefront.decorators import customer_page
from storefront.offers import given_words
from telephony.services.spoken_codes import DIGITS
from telephony.services.verify_phone import confirm_code, seconds_until_next_code, send_code
from web.redirects import safe_next, with_next
from web.requests import BrandRequest


class NumberForm(forms.Form):
    """A number as people write it."""

    number = forms.CharField(
        label=gettext_lazy("Phone number"),
        max_length=40,
        help_text=gettext_lazy(
            'In the United States or Canada, like <span class="nowrap">(212) 555-0100</span>.'
        ),
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel", "inputmode": "tel"}),
    )


class CodeForm(forms.Form):
    """The digits that the voice said."""

    code = forms.CharField(
        label=format_lazy(gettext_lazy("{digits}-digit code"), digits=DIGITS),
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )


@require_http_methods(["GET", "POST"])
@customer_page
def phones(request: BrandRequest, customer: Customer) -> HttpResponse:
    """The verified phones, and the form that has another one rung. `next`: where to go once it is verified."""
    target = safe_next(request, "")
    form = NumberForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = send_code(
                customer=customer,
                brand=request.brand,
                number=form.cleaned_data["number"],
            )
            return redirect(with_next(reverse("phone-code", args=[made.reference]), target))
        except DomainError as error:
            if not isinstance(error, LimitReached) or not seconds_until_next_code(customer):
                form.add_error("number", error.message)
    owned = list(customer.phones.all())
    context = {
        "phones": [phone for phone in owned if phone.verified_at],
        "blocked": [phone for phone in owned if phone.blocked_at],
        "form": form,
        "next": target,
        "wait_seconds": seconds_until_next_code(customer),
    }
    return render(request, "storefront/account/phones.html", context)


@require_http_methods(["GET", "POST"])
@customer_page
def code(request: BrandRequest, customer: Customer, reference: str) -> HttpResponse:
    """Where the spoken digits are typed. Somebody else's is not found."""
    pending = PhoneVerification.objects.filter(
        customer=customer, reference=reference, confirmed_at=None
    ).first()
    if pending is None:
        return redirect("phones")
    target = safe_next(request, "")
    form = CodeForm(request.POST or None)
    is_spent = pending.tries_left == 0 or pending.expires_at <= clock.now()
    if request.method == "POST" and form.is_valid():
        try:
            began = clock.now()
            phone = confirm_code(
                customer=customer,
                reference=reference,
                code=form.cleaned_data["code"],
                brand=request.brand,
            )
            messages.success(
                request, _("The phone that %(phone)s is verified. You can call now.") % {"phone": phone.hint}
            )
            if gift := given_words(customer, began):
                messages.success(request, gift)
            then = target or reverse("phones" if customer.phones.count() > 1 else "directory")
            return redirect(with_next(reverse("phone-ready"), then))
        except DomainError as error:
            form.add_error("code", error.message)
            is_spent = error.extra.get("tries_left") == 0
    context = {
        "form": form,
        "reference": reference,
        "hint": pending.phone_number.last_two,
        "is_spent": is_spent,
        "next": target,
        "phones_url": with_next(reverse("phones"), target),
    }
    return render(request, "storefront/account/phone_code.html", context)


@require_POST
@customer_page
def verify_again(request: BrandRequest, customer: Customer, phone_id: int) -> HttpResponse:
    """Call a phone on which 9 was pressed with a code, as its owner asks."""
    phone = get_object_or_404(customer.phones, pk=phone_id, blocked_at__isnull=False)
    try:
        made = send_code(customer=customer, brand=request.brand, number=phone.number)
    except DomainError as error:
        messages.error(request, error.message)
        return redirect("phones")
    return redirect("phone-code", made.reference)


@require_POST
@customer_page
def ring_this(request: BrandRequest, customer: Customer, phone_id: int) -> HttpResponse:
    """Make it the phone that calls ring."""
    make_primary(customer=customer, phone_id=phone_id)
    messages.success(request, _("From now on, we’ll call this phone."))
    return redirect("phones")


@require_POST
@customer_page
def remove(request: BrandRequest, customer: Customer, phone_id: int) -> HttpResponse:
    """Forget a phone."""
    remove_phone(customer=customer, phone_id=phone_id)
    messages.success(request, _("Phone removed."))
    return redirect("phones")
