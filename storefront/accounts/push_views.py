"""Browsers of a customer that show notifications: one turns them on here, is removed from the list, or gets a test."""

from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core import clock
from core.errors import Invalid
from customers.models import Customer
from notices.pages import NOTIFICATIONS
from notices.services.enqueue import enqueue
from notices.services.subscriptions import subscribe, unsubscribe
from notices.states import NoticeKind
from storefront.decorators import customer_page
from web.requests import BrandRequest
from web.templatetags.ui import device


@require_POST
@customer_page
def turn_on(request: BrandRequest, customer: Customer) -> HttpResponse:
    """The browser's subscription, posted by the page's script: `endpoint`, `p256dh`, `auth`."""
    if not UserSession.objects.filter(session_key=request.session.session_key).exists():
        UserSession.objects.create_from_request(request)
    session = UserSession.objects.get(session_key=request.session.session_key)
    try:
        subscribe(
            person=customer.user,
            brand=request.brand,
            session_id=session.pk,
            endpoint=request.POST.get("endpoint", ""),
            keys={name: request.POST.get(name, "") for name in ("p256dh", "auth")},
            device=device(session.user_agent),
        )
    except Invalid as error:
        return JsonResponse({"success": False, "error": error.message}, status=400)
    return JsonResponse({"success": True})


@require_POST
@customer_page
def remove(request: BrandRequest, customer: Customer, subscription_id: int) -> HttpResponse:
    """Turn one browser off. Somebody else's, or one that is off, changes nothing."""
    if unsubscribe(person=customer.user, subscription_id=subscription_id):
        messages.success(request, _("Notifications are off on that device."))
    return redirect("notifications")


@require_POST
@customer_page
def send_test(request: BrandRequest, customer: Customer) -> HttpResponse:
    """One email and one notification to each browser, at most one a minute."""
    host = request.brand.hosts.first()
    enqueue(
        NoticeKind.TEST,
        recipient=customer.user,
        brand=request.brand,
        key=f"test:{customer.pk}:{clock.now():%Y%m%d%H%M}",
        url=NOTIFICATIONS.url(host=host.host) if host else "",
    )
    messages.success(request, _("We sent you a test. It should be there within a minute."))
    return redirect("notifications")
