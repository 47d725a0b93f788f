"""The operator's own settings: the list of sections, and those that are one form. A page shows its form and saves it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_http_methods

from operators.models import Operator
from operators.services import change_settings
from portal.decorators import operator_page
from portal.first_minutes import first_minutes_of
from portal.forms import ChannelsForm, PricesForm
from portal.settings_pages import save, section_page, section_url
from portal.settings_sections import sections_of


@require_GET
@operator_page
def own_settings(request: HttpRequest, operator: Operator) -> HttpResponse:
    """Everything an operator may change: a list that opens each section."""
    context = {"operator": operator, "sections": sections_of(operator)}
    return render(request, "portal/settings.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@operator_page
def prices(request: HttpRequest, operator: Operator) -> HttpResponse:
    """Rate, fee, price of a text."""
    form = PricesForm(operator, request.POST if request.method == "POST" else None)
    context = {"form": form, "first_minutes": first_minutes_of(operator)}
    if request.method != "POST":
        return section_page(request, operator, "prices", context)
    return save(
        request, form,
        lambda: change_settings.change_prices(operator_id=operator.pk, **form.cleaned_data),
        "Saved. New prices apply from your next call or text.",
        then=section_url("prices"),
        again=lambda status: section_page(request, operator, "prices", context, status=status),
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@operator_page
def channels(request: HttpRequest, operator: Operator) -> HttpResponse:
    """Voice, text, pause, sites."""
    form = ChannelsForm(operator, request.POST if request.method == "POST" else None)
    if request.method != "POST":
        return section_page(request, operator, "channels", {"form": form})
    return save(
        request, form,
        lambda: change_settings.change_channels(operator_id=operator.pk, **form.cleaned_data),
        "Saved.",
        then=section_url("channels"),
        again=lambda status: section_page(request, operator, "channels", {"form": form}, status=status),
    )  # fmt: skip


@require_GET
@operator_page
def privacy(request: HttpRequest, operator: Operator) -> HttpResponse:
    """Login, copy of the data, contract."""
    return section_page(request, operator, "privacy", {})
