"""The sandbox's page. It stands for somebody else's site: no login, no cookie, and nothing of ours but the look.

The order's signature is what a CSRF token would be: nobody but the merchant makes an order, and to pay one is harmless.
"""

import secrets
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from billing.gateways.sandbox import processor
from billing.gateways.sandbox.cards import CardKind, SandboxCard
from billing.gateways.sandbox.forms import CardForm
from billing.gateways.sandbox.order import Changed, Order

CANCEL = "cancel"


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def pay(request: HttpRequest) -> HttpResponse:
    """Show an order, and take or cancel its payment; then back to the merchant."""
    try:
        order = Order.read((request.POST if request.method == "POST" else request.GET).dict())
    except Changed:
        return _page(request, "sandbox/refused.html", {}, status=400)
    if request.method != "POST":
        return _payment_page(request, order, CardForm(initial={"key": secrets.token_hex(16)}))
    form = CardForm(request.POST)
    if not form.is_valid():
        return _payment_page(request, order, form, status=400)
    chosen = form.cleaned_data
    if CANCEL in request.POST:
        processor.cancel(order, key=chosen["key"])
    else:
        behavior, kind = SandboxCard(chosen["behavior"]), CardKind(chosen["kind"])
        processor.pay(order, behavior=behavior, kind=kind, key=chosen["key"])
    response = HttpResponseRedirect(order.return_url)
    response.status_code = 303
    return response


def refuse(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400, 403, 404: there is one page here, and this is not it."""
    return _page(request, "sandbox/refused.html", {}, status=404)


def fail(request: HttpRequest) -> HttpResponse:
    """500: plain, as a template could be what failed."""
    return HttpResponse("The sandbox failed. Nothing was charged.", status=500, content_type="text/plain")


def _payment_page(request: HttpRequest, order: Order, form: CardForm, *, status: int = 200) -> HttpResponse:
    response = _page(request, "sandbox/payment.html", {"order": order, "form": form}, status=status)
    address = urlsplit(order.return_url)
    # Browsers hold the answer to a form to the policy, too: it leads back to the merchant.
    vars(response)["_csp_update"] = {"form-action": [f"{address.scheme}://{address.netloc}"]}
    return response


def _page(request: HttpRequest, template: str, context: dict[str, Any], *, status: int) -> HttpResponse:
    return render(request, template, context, status=status)
