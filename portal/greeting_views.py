"""The operator's recorded greeting: a page of its own, the only one of all sites that may use the microphone."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST
from django_permissions_policy.decorators import permissions_policy_override

from core.errors import DomainError
from core.parse import whole_number
from operators.greeting_formats import MAX_BYTES, MAX_SECONDS
from operators.models import Operator
from operators.services import greetings
from operators.states import ReviewState
from portal.decorators import operator_page
from portal.forms import GreetingForm
from portal.greeting_words import phone_recording
from portal.settings_pages import section_page
from telephony.services.record_greeting_by_phone import call_to_record
from web.actions import run_service

_MOST_ID = 2**63 - 1


@require_http_methods(["GET", "HEAD", "POST"])
@permissions_policy_override({**settings.PERMISSIONS_POLICY, "microphone": ["self"]})
@operator_page
def greeting(request: HttpRequest, operator: Operator) -> HttpResponse:
    """What is live, what waits, and how to record another one, which is put before staff."""
    if request.method != "POST":
        return _page(request, operator, GreetingForm())
    form = GreetingForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, operator, form, status=400)
    try:
        greetings.upload_greeting(operator_id=operator.pk, data=form.data_sent())
    except DomainError as error:
        form.add_error("recording", error.message)
        return _page(request, operator, form, status=error.status)
    messages.success(request, "Submitted. Our staff will listen to it first.")
    return HttpResponseRedirect(reverse("portal:settings-greeting"))


@require_POST
@operator_page
def greeting_call(request: HttpRequest, operator: Operator) -> HttpResponse:
    """Call the phone that was chosen, else the first, and record there; the page says how it goes."""
    then = f"{reverse('portal:settings-greeting')}#greeting-phone"
    asked = request.POST.get("number", "")
    number = (whole_number(asked, most=_MOST_ID) or 0) if asked else None
    return run_service(request, lambda: call_to_record(operator_id=operator.pk, number_id=number), then=then)


@require_POST
@operator_page
def greeting_away(request: HttpRequest, operator: Operator) -> HttpResponse:
    """Take back the recording that waits, or remove the one that customers hear."""
    then = reverse("portal:settings-greeting")
    if request.POST.get("which") == ReviewState.SHOWN:
        return run_service(
            request,
            lambda: greetings.remove_greeting(operator_id=operator.pk, actor=operator.user),
            then=then,
            message="Removed. Customers no longer hear your greeting.",
        )
    return run_service(
        request,
        lambda: greetings.withdraw_greeting(operator_id=operator.pk),
        then=then,
        message="Your new recording has been deleted.",
    )


def _page(request: HttpRequest, operator: Operator, form: GreetingForm, *, status: int = 200) -> HttpResponse:
    undecided = operator.greetings.exclude(state=ReviewState.SHOWN).select_related("operator").first()
    context = {
        "undecided": undecided,
        "by_phone": phone_recording(operator),
        "form": form,
        "max_seconds": MAX_SECONDS,
        "max_bytes": MAX_BYTES,
    }
    return section_page(request, operator, "greeting", context, status=status)
