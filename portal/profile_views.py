"""What customers see of an operator: photo, drawing, and texts. What staff read first waits here."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from operators.models import Operator
from operators.services import change_settings, photos, profile_texts
from operators.states import ProfileField, ReviewState
from portal.decorators import operator_page
from portal.forms import DrawingForm, PhotoForm, ProfileForm
from portal.profile_fields import fields_of
from portal.settings_pages import save, section_page, section_url
from web.actions import run_service


@require_http_methods(["GET", "HEAD", "POST"])
@operator_page
def profile(request: HttpRequest, operator: Operator) -> HttpResponse:
    """Headline, text, languages, specialties; on the page of photo and drawing, too."""
    if request.method != "POST":
        return _page(request, operator)
    form = ProfileForm(request.POST)

    def change() -> str:
        waiting = profile_texts.change_profile(operator_id=operator.pk, **form.cleaned_data)
        if not waiting:
            return "Saved. Your page shows it now."
        return "Sent to our staff. Customers see the current text until it’s approved."

    return save(
        request, form, change, "",
        then=section_url("profile"),
        again=lambda status: _page(request, operator, {"form": form}, status=status),
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@operator_page
def photo(request: HttpRequest, operator: Operator) -> HttpResponse:
    """A photo, put before staff."""
    if request.method != "POST":
        return redirect("portal:settings-profile")
    form = PhotoForm(request.POST, request.FILES)
    return save(
        request, form,
        lambda: photos.upload_photo(operator_id=operator.pk, data=form.data_sent()),
        "Submitted. Our staff will check it before customers see it.",
        then=_photo(),
        again=lambda status: _page(request, operator, {"photo": form}, status=status),
        blame="photo",
    )  # fmt: skip


@require_POST
@operator_page
def photo_away(request: HttpRequest, operator: Operator) -> HttpResponse:
    """Take back the photo that waits, or remove the one that is shown."""
    if request.POST.get("which") == ReviewState.SHOWN:
        return run_service(
            request,
            lambda: photos.remove_photo(operator_id=operator.pk, actor=operator.user),
            then=_photo(),
            message="Your page shows the drawn portrait again.",
        )
    return run_service(request, lambda: photos.withdraw_photo(operator_id=operator.pk), then=_photo())


@require_http_methods(["GET", "HEAD", "POST"])
@operator_page
def drawing(request: HttpRequest, operator: Operator) -> HttpResponse:
    """Whom the portrait shows that stands in for a photo."""
    if request.method != "POST":
        return redirect("portal:settings-profile")
    form = DrawingForm(operator, request.POST)
    return save(
        request, form,
        lambda: change_settings.change_drawing(operator_id=operator.pk, **form.cleaned_data),
        "Saved.",
        then=_photo(),
        again=lambda status: _page(request, operator, {"drawing": form}, status=status),
    )  # fmt: skip


@require_POST
@operator_page
def withdraw(request: HttpRequest, operator: Operator) -> HttpResponse:
    """Take back the proposal for one field, or have its refusal read."""
    try:
        field = ProfileField(request.POST.get("withdraw", ""))
    except ValueError:
        return redirect("portal:settings-profile")
    return run_service(
        request,
        lambda: profile_texts.withdraw_profile_text(operator_id=operator.pk, field=field),
        then=section_url("profile"),
        message="Withdrawn. Customers see what they saw before.",
    )


def _page(
    request: HttpRequest, operator: Operator, shown: Mapping[str, Any] | None = None, *, status: int = 200
) -> HttpResponse:
    """`shown` are forms that were sent and could not be saved."""
    undecided = operator.photos.exclude(state=ReviewState.SHOWN).select_related("operator").first()
    texts = {text.field: text for text in operator.profile_texts.select_related("operator")}
    context: dict[str, Any] = {
        "undecided": undecided,
        "photo": PhotoForm(),
        "drawing": DrawingForm(operator),
        "form": ProfileForm.of(operator, texts),
        **(shown or {}),
    }
    context["fields"] = fields_of(operator, context["form"], texts)
    context["greeting"] = operator.greetings.exclude(state=ReviewState.SHOWN).first()
    return section_page(request, operator, "profile", context, status=status)


def _photo() -> str:
    return f"{section_url('profile')}#photo"
