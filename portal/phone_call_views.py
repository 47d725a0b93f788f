"""Test calls to the operator's phones: asked for in the settings, followed on a page of their own."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from core.errors import DomainError
from operators.models import Operator
from portal.decorators import operator_page
from portal.settings_pages import section_url
from telephony.services.call_to_test import LIVE, PhoneTest, call_to_test, last_phone_test
from web.actions import refuse

_WORDS = {
    PhoneTest.RINGING: "It’s ringing. Answer it, and press 1 when you’re asked.",
    PhoneTest.ANSWERED: "Answered. Press 1 on that phone.",
    PhoneTest.WORKED: "You pressed 1. This phone works.",
    PhoneTest.NO_KEY: "Answered, but nobody pressed 1. If that was voicemail, calls reach your phone and you missed this one.",
    PhoneTest.BUSY: "Busy or declined. Try again when the phone is free.",
    PhoneTest.NO_ANSWER: "Nobody answered. Check that the phone is on and doesn’t block or silence unknown callers.",
    PhoneTest.FAILED: "We couldn’t follow this call. Please try again in a minute.",
}


@require_POST
@operator_page
def call_phone(request: HttpRequest, operator: Operator, number_id: int) -> HttpResponse:
    """Call this phone, then show how it goes."""
    try:
        call_to_test(operator_id=operator.pk, number_id=number_id)
    except DomainError as error:
        return refuse(request, error, then=section_url("phones"))
    return redirect("portal:settings-phone-test")


@require_GET
@operator_page
def phone_test(request: HttpRequest, operator: Operator) -> HttpResponse:
    """How the last test call goes. Without one it leads to the phones."""
    last = last_phone_test(operator)
    if last is None:
        return redirect("portal:settings-phones")
    context = {
        "operator": operator,
        "hint": last.hint,
        "state": last.state,
        "words": _WORDS[last.state],
        "is_live": last.state in LIVE,
        "has_worked": last.state is PhoneTest.WORKED,
    }
    return render(request, "portal/phone_test.html", context)
