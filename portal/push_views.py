"""Notifications of the operators’ site: its service worker, the browsers that show them, and about what."""

from dataclasses import dataclass
from typing import Any

from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.errors import Invalid
from notices.preferences import Choices
from notices.push_client import is_available, public_key
from notices.selectors import choices_of, portal_subscriptions_of
from notices.services.preferences import save_preferences
from notices.services.subscriptions import subscribe, unsubscribe
from notices.states import OPERATOR_GROUPS, Channel, PreferenceGroup
from operators.models import Operator
from portal.decorators import operator_page
from portal.settings_pages import section_page
from web.templatetags.ui import device

_WHAT = {
    PreferenceGroup.CALLS: gettext_noop("A call comes in, or you missed one"),
    PreferenceGroup.MESSAGES: gettext_noop("A customer wrote to you, and no page of yours is open"),
    PreferenceGroup.CALLBACKS: gettext_noop("A customer asks for a callback, and no page of yours is open"),
}


class OperatorNotificationForm(forms.Form):
    """A box for each group that operators are told of."""

    def __init__(self, choices: Choices, data: Any = None) -> None:
        super().__init__(data)
        for group in OPERATOR_GROUPS:
            self.fields[group.value] = forms.BooleanField(
                label=_(_WHAT[group]), required=False, initial=choices.is_on(group, Channel.PUSH)
            )

    def save(self, operator: Operator) -> None:
        ways = {(group, Channel.PUSH): self.cleaned_data[group.value] for group in OPERATOR_GROUPS}
        save_preferences(operator.user, ways)


@dataclass(frozen=True, slots=True)
class PushSwitch:
    """What the console's switch needs. `key`: empty: no notifications here. `is_on`: in this browser."""

    key: str
    is_on: bool


def push_switch(request: HttpRequest, operator: Operator) -> PushSwitch:
    """Of this browser."""
    if not is_available():
        return PushSwitch("", is_on=False)
    own = portal_subscriptions_of(operator.user_id)
    return PushSwitch(
        public_key(), is_on=own.filter(session__session_key=request.session.session_key).exists()
    )


@require_safe
@cache_control(no_cache=True)
def service_worker(request: HttpRequest) -> HttpResponse:
    """The worker of this site: it shows notifications and keeps nothing."""
    return render(request, "portal/service_worker.js", content_type="text/javascript; charset=utf-8")


@require_http_methods(["GET", "HEAD", "POST"])
@operator_page
def notifications(request: HttpRequest, operator: Operator) -> HttpResponse:
    """The browsers, and the choices; a post saves those."""
    form = OperatorNotificationForm(
        choices_of(operator.user), request.POST if request.method == "POST" else None
    )
    if form.is_valid():
        form.save(operator)
        messages.success(request, _("Saved."))
        return redirect("portal:settings-notifications")
    key = request.session.session_key
    context = {
        "form": form,
        "push_key": public_key() if is_available() else "",
        "devices": [
            {
                "id": row.pk,
                "name": row.device,
                "since": row.created_at,
                "is_current": row.session.session_key == key,
            }
            for row in portal_subscriptions_of(operator.user_id).select_related("session")
        ],
    }
    return section_page(request, operator, "notifications", context)


@require_POST
@operator_page
def turn_on(request: HttpRequest, operator: Operator) -> HttpResponse:
    """The browser's subscription, posted by the page's script: `endpoint`, `p256dh`, `auth`."""
    if not UserSession.objects.filter(session_key=request.session.session_key).exists():
        UserSession.objects.create_from_request(request)
    session = UserSession.objects.get(session_key=request.session.session_key)
    try:
        subscribe(
            person=operator.user,
            brand=None,
            session_id=session.pk,
            endpoint=request.POST.get("endpoint", ""),
            keys={name: request.POST.get(name, "") for name in ("p256dh", "auth")},
            device=device(session.user_agent),
        )
    except Invalid as error:
        return JsonResponse({"success": False, "error": error.message}, status=400)
    return JsonResponse({"success": True})


@require_POST
@operator_page
def remove(request: HttpRequest, operator: Operator, subscription_id: int) -> HttpResponse:
    """Turn one browser off. Somebody else's, or one that is off, changes nothing."""
    if unsubscribe(person=operator.user, subscription_id=subscription_id):
        messages.success(request, _("Notifications are off on that device."))
    return redirect("portal:settings-notifications")
