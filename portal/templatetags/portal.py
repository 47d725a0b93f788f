"""What every page of an operator shows beside its own: the status strip and the call bar."""

from dataclasses import dataclass
from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from core.push import time_sequence
from portal.regions import BAR, STRIP, Contexts
from telephony.selectors import live_call_of_operator
from web.live import Region
from web.requests import SiteRequest

register = template.Library()


@dataclass(frozen=True, slots=True)
class _Shown:
    """What was read for this page, and the sequence from before that."""

    sequence: int
    contexts: Contexts


@register.simple_tag
def status_strip(request: SiteRequest) -> SafeString:
    """The region `status-strip`; nothing for who is no operator."""
    return _region(request, STRIP, "portal/console/status-strip.html")


@register.simple_tag
def call_bar(request: SiteRequest, csrf_token: str) -> SafeString:
    """The region `call-bar`, likewise."""
    return _region(request, BAR, "portal/console/call-bar.html", csrf_token=csrf_token)


def _region(request: SiteRequest, kind: str, name: str, **more: Any) -> SafeString:
    operator = getattr(request, "operator", None)
    if operator is None:
        return mark_safe("")
    shown: _Shown | None = getattr(request, "operator_regions", None)
    if shown is None:
        shown = _Shown(time_sequence(), Contexts(operator, live_call_of_operator(operator)))
        request.operator_regions = shown  # type: ignore[attr-defined]  # of one reading
    context = shown.contexts.of(Region(kind)) or {}
    html = render_to_string(name, {**context, **more, "sequence": shown.sequence})
    return mark_safe(html)  # noqa: S308 (a template's)
