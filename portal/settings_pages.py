"""What the pages of the settings have in common: the frame of a section, and one form saved by one service."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from core.errors import DomainError
from operators.models import Operator
from portal.settings_sections import links_to_sections


def section_page(
    request: HttpRequest, operator: Operator, section: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """The page of a section: `templates/portal/settings_<section>.html`, beside the menu of all of them."""
    frame = {"operator": operator, "sections": links_to_sections(section)}
    return render(request, f"portal/settings_{section}.html", {**frame, **context}, status=status)


def section_url(section: str) -> str:
    """The address of a section's page."""
    return reverse(f"portal:settings-{section}")


def save(
    request: HttpRequest,
    form: forms.Form,
    service: Callable[[], str | None],
    message: str,
    *,
    then: str,
    again: Callable[[int], HttpResponse],
    blame: str | None = None,
) -> HttpResponse:
    """Run `service` and go to `then`. `message` is said after it, or what `service` returns.

    `again`: the page with the form and this status, where it could not be saved. `blame`: the field that a refusal of the
    service stands beside; else it stands above the form.
    """
    if not form.is_valid():
        return again(400)
    try:
        said = service()
    except DomainError as error:
        form.add_error(blame, error.message)
        return again(error.status)
    messages.success(request, said or message)
    return HttpResponseRedirect(then)
