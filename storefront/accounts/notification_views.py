"""What a customer wants to be told: by which way, when, and how much a lock screen may say."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from customers.models import Customer
from notices.one_tap import switch_of, token_of
from notices.preferences import Choices, Way
from notices.push_client import is_available, public_key
from notices.selectors import choices_of, mail_wanted, subscriptions_of
from notices.services.preferences import save_delivery, save_preferences, turn_mail_off, turn_mail_on
from notices.states import CUSTOMER_GROUPS, Channel, PreferenceGroup
from storefront.decorators import customer_page
from web.decorators import failures_as_pages
from web.requests import BrandRequest

_WHAT = {
    PreferenceGroup.MESSAGES: gettext_noop("Someone wrote to you, and you haven’t read it"),
    PreferenceGroup.CALLBACKS: gettext_noop("Someone you want to talk to is free or calls you back"),
    PreferenceGroup.MONEY: gettext_noop("Money added or refunded, free minutes that expire soon"),
    PreferenceGroup.ACCOUNT: gettext_noop("A call ended at a limit you set"),
    PreferenceGroup.RECEIPTS: gettext_noop("The receipt of each call"),
}


class NotificationForm(forms.Form):
    """A box for each group and channel, quiet hours, the daily email, and names on lock screens."""

    has_digest = forms.BooleanField(
        label=gettext_lazy("One email a day, at 9 AM, for everything that can wait"), required=False
    )
    has_quiet_hours = forms.BooleanField(label=gettext_lazy("Nothing during quiet hours"), required=False)
    names_people = forms.BooleanField(
        label=gettext_lazy("Let my lock screen say who wrote to me"), required=False
    )
    takes_first_texts = forms.BooleanField(
        label=gettext_lazy("Operators may write to me first"), required=False
    )
    quiet_from = forms.TimeField(
        label=gettext_lazy("From"), required=False, widget=forms.TimeInput({"type": "time"}, "%H:%M")
    )
    quiet_until = forms.TimeField(
        label=gettext_lazy("To"), required=False, widget=forms.TimeInput({"type": "time"}, "%H:%M")
    )

    def __init__(self, choices: Choices, data: Any = None) -> None:
        start, end = choices.settings.quiet_from, choices.settings.quiet_until
        initial = {
            "has_digest": choices.settings.has_digest,
            "names_people": choices.settings.names_people,
            "takes_first_texts": choices.settings.takes_first_texts,
            "has_quiet_hours": start is not None,
            "quiet_from": start or "22:00",
            "quiet_until": end or "08:00",
        }
        super().__init__(data, initial=initial)
        for group, channel in _ways():
            is_on = mail_wanted(choices, group) if channel == Channel.MAIL else choices.is_on(group, channel)
            self.fields[_name(group, channel)] = forms.BooleanField(
                required=False,
                initial=is_on,
                label=_("%(group)s by %(channel)s") % {"group": group.label, "channel": channel.label},
            )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        for name in ("quiet_from", "quiet_until"):
            if cleaned.get("has_quiet_hours") and name not in self.errors and cleaned.get(name) is None:
                self.add_error(name, _("Enter a time."))
        if (
            cleaned.get("has_quiet_hours")
            and cleaned.get("quiet_from") == cleaned.get("quiet_until") is not None
        ):
            self.add_error("quiet_until", _("Quiet hours can’t start and end at the same time."))
        return cleaned

    @property
    def groups(self) -> list[dict[str, Any]]:
        """The rows of the table: each group with its boxes; None: not by this channel."""
        names = {name: self[name] for name in self.fields}
        channels = Channel if is_available() else [Channel.MAIL]
        return [
            {
                "label": group.label,
                "what": _(_WHAT[group]),
                "boxes": [names.get(_name(group, channel)) for channel in channels],
            }
            for group in CUSTOMER_GROUPS
        ]

    @property
    def ways(self) -> dict[Way, bool]:
        return {way: self.cleaned_data[_name(*way)] for way in _ways()}

    def save(self, customer: Customer) -> None:
        cleaned = self.cleaned_data
        quiet_hours = (cleaned["quiet_from"], cleaned["quiet_until"]) if cleaned["has_quiet_hours"] else None
        save_preferences(customer.user, self.ways)
        save_delivery(
            customer.user,
            quiet_hours=quiet_hours,
            has_digest=cleaned["has_digest"],
            names_people=cleaned["names_people"],
            takes_first_texts=cleaned["takes_first_texts"],
        )


def _ways() -> list[Way]:
    """What can be chosen: all by mail and, where this installation sends them, all but receipts by notification."""
    by_mail = [(group, Channel.MAIL) for group in CUSTOMER_GROUPS]
    by_push = [(group, Channel.PUSH) for group in CUSTOMER_GROUPS if group != PreferenceGroup.RECEIPTS]
    return by_mail + (by_push if is_available() else [])


def _name(group: PreferenceGroup, channel: Channel) -> str:
    return f"{channel}_{group}"


@require_http_methods(["GET", "HEAD", "POST"])
@customer_page
def notifications(request: BrandRequest, customer: Customer) -> HttpResponse:
    """The choices; a post saves them all."""
    key = request.session.session_key
    form = NotificationForm(choices_of(customer.user), request.POST or None)
    if request.method == "POST" and form.is_valid():
        form.save(customer)
        messages.success(request, _("Saved."))
        return redirect("notifications")
    context = {
        "form": form,
        "time_zone": customer.user.time_zone,
        "push_key": public_key() if is_available() else "",
        "devices": [
            {
                "id": row.pk,
                "name": row.device,
                "since": row.created_at,
                "is_current": row.session.session_key == key,
            }
            for row in subscriptions_of(customer.user, request.brand).select_related("session")
        ],
    }
    return render(request, "storefront/account/notifications.html", context)


@csrf_exempt  # the mail program posts it (RFC 8058): the token is all it has, and all it needs
@require_http_methods(["GET", "HEAD", "POST"])
@failures_as_pages
def mail_off(request: BrandRequest, token: str) -> HttpResponse:
    """The link of a mail: a post turns such mails off, or on again with `undo`. Looking at it changes nothing."""
    switch = switch_of(token)
    context: dict[str, Any] = {"names": [group.label.lower() for group in switch.groups]}
    if request.method == "POST" and "undo" in request.POST:
        turn_mail_on(switch.person, switch.groups)
        context["state"] = "on"
    elif request.method == "POST":
        were_on = turn_mail_off(switch.person, switch.groups)
        context |= {"state": "off", "undo_token": token_of(switch.person.pk, were_on) if were_on else ""}
    return render(request, "storefront/account/mail_off.html", context)
