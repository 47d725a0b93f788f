"""The operator's own settings: forms on one page, each saved by itself."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from core.errors import DomainError
from operators.models import Operator
from operators.services import change_settings, photos, profile_texts
from operators.states import ReviewState
from portal.decorators import operator_page
from portal.forms import (
    ChannelsForm,
    DrawingForm,
    PhoneForm,
    PhotoForm,
    PricesForm,
    ProfileForm,
    ScheduleForm,
)
from portal.phone_list import phone_list
from web.actions import run_service


@require_GET
@operator_page
def own_settings(request: HttpRequest, operator: Operator) -> HttpResponse:
    """Everything an operator may change."""
    return settings_page(request, operator)


@require_POST
@operator_page
def prices(request: HttpRequest, operator: Operator) -> HttpResponse:
    """Rate, fee, price of a text."""
    form = PricesForm(operator, request.POST)
    return _save(
        request, operator, "prices", form,
        lambda: change_settings.change_prices(operator_id=operator.pk, **form.cleaned_data),
        "Saved. New prices apply from your next call or text.",
    )  # fmt: skip


@require_POST
@operator_page
def profile(request: HttpRequest, operator: Operator) -> HttpResponse:
    """Headline, text, languages, specialties."""
    form = ProfileForm(request.POST)

    def change() -> str:
        waiting = profile_texts.change_profile(operator_id=operator.pk, **form.cleaned_data)
        if not waiting:
            return "Saved. Your page shows it now."
        return "Sent to our staff. Customers see the current text until it’s approved."

    return _save(request, operator, "profile", form, change, "")


@require_POST
@operator_page
def photo(request: HttpRequest, operator: Operator) -> HttpResponse:
    """A photo, put before staff."""
    form = PhotoForm(request.POST, request.FILES)
    return _save(
        request, operator, "photo", form,
        lambda: photos.upload_photo(operator_id=operator.pk, data=form.data_sent()),
        "Submitted. Our staff will check it before customers see it.", blame="photo",
    )  # fmt: skip


@require_POST
@operator_page
def photo_away(request: HttpRequest, operator: Operator) -> HttpResponse:
    """Take back the photo that waits, or remove the one that is shown."""
    then = f"{reverse('portal:settings')}#photo"
    if request.POST.get("which") == ReviewState.SHOWN:
        return run_service(
            request,
            lambda: photos.remove_photo(operator_id=operator.pk, actor=operator.user),
            then=then,
            message="Your page shows the drawn portrait again.",
        )
    return run_service(request, lambda: photos.withdraw_photo(operator_id=operator.pk), then=then)


@require_POST
@operator_page
def drawing(request: HttpRequest, operator: Operator) -> HttpResponse:
    """Whom the portrait shows that stands in for a photo."""
    form = DrawingForm(operator, request.POST)
    return _save(
        request, operator, "drawing", form,
        lambda: change_settings.change_drawing(operator_id=operator.pk, **form.cleaned_data),
        "Saved.",
    )  # fmt: skip


@require_POST
@operator_page
def channels(request: HttpRequest, operator: Operator) -> HttpResponse:
    """Voice, text, pause, sites."""
    form = ChannelsForm(operator, request.POST)
    return _save(
        request, operator, "channels", form,
        lambda: change_settings.change_channels(operator_id=operator.pk, **form.cleaned_data),
        "Saved.",
    )  # fmt: skip


@require_POST
@operator_page
def schedule(request: HttpRequest, operator: Operator) -> HttpResponse:
    """Usual hours."""
    form = ScheduleForm(operator, request.POST)
    return _save(
        request, operator, "schedule", form,
        lambda: change_settings.change_schedule(operator_id=operator.pk, hours=form.hours()),
        "Your usual hours are saved.",
    )  # fmt: skip


def _save(
    request: HttpRequest,
    operator: Operator,
    name: str,
    form: forms.Form,
    service: Callable[[], str | None],
    message: str,
    blame: str | None = None,
) -> HttpResponse:
    """`message` is said after it, or what `service` returns. `blame`: the field that a refusal of the service stands beside;
    else it stands above the form.
    """
    if not form.is_valid():
        return settings_page(request, operator, status=400, **{name: form})
    try:
        said = service()
    except DomainError as error:
        form.add_error(blame, error.message)
        return settings_page(request, operator, status=error.status, **{name: form})
    messages.success(request, said or message)
    return HttpResponseRedirect(f"{reverse('portal:settings')}#{name}")


def settings_page(
    request: HttpRequest, operator: Operator, *, status: int = 200, **shown: Any
) -> HttpResponse:
    """The whole page; `shown` are forms that were sent and could not be saved."""
    undecided = operator.photos.exclude(state=ReviewState.SHOWN).select_related("operator").first()
    texts = {text.field: text for text in operator.profile_texts.select_related("operator")}
    profile = shown.pop("profile", None) or ProfileForm.of(operator, texts)
    context = {
        "operator": operator,
        "undecided": undecided,
        "photo": PhotoForm(),
        "drawing": DrawingForm(operator),
        "phones": phone_list(operator),
        "prices": PricesForm(operator),
        "profile": profile,
        "profile_fields": [(field, texts.get(field.name)) for field in profile],
        "phone": PhoneForm(),
        "channels": ChannelsForm(operator),
        "schedule": ScheduleForm(operator),
        **shown,
    }
    return render(request, "portal/settings.html", context, status=status)
