"""So that a phone rings when we call it: our number as a contact, and what to do about a phone that screens or silences calls."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_safe

from customers.models import Customer
from storefront.decorators import customer_page
from web.redirects import safe_next
from web.requests import BrandRequest

CONTACT_NAME = gettext_noop("Callback line")  # says nothing about us to whoever looks at the phone


@require_safe
@customer_page
def phone_ready(request: BrandRequest, customer: Customer) -> HttpResponse:
    """What to set on a phone before the first call. `next`: where to go from there."""
    target = safe_next(request, reverse("directory"))
    context = {"contact_name": _(CONTACT_NAME), "next": target, "number": request.brand.caller_id}
    return render(request, "storefront/account/phone_ready.html", context)


@require_safe
@customer_page
def contact(request: BrandRequest, customer: Customer) -> HttpResponse:
    """The number that we call from, as a contact to save (vCard 3.0, RFC 2426)."""
    name = _(CONTACT_NAME)
    lines = (
        "BEGIN:VCARD",
        "VERSION:3.0",
        f"N:{name};;;;",
        f"FN:{name}",
        f"TEL;TYPE=VOICE:{request.brand.caller_id}",
        "END:VCARD",
    )
    response = HttpResponse(
        "".join(f"{line}\r\n" for line in lines), content_type="text/vcard; charset=utf-8"
    )
    response.headers["Content-Disposition"] = 'attachment; filename="contact.vcf"'
    return response
