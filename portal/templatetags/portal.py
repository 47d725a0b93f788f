"""What every page of an operator shows beside its own: the state bar, callback requests, the main menu, and the call bar."""

from dataclasses import dataclass
from typing import Any

from django import template
from django.template import Context
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from core.push import time_sequence
from notices.lock_screen import CALL_TAG
from portal.callbacks import CallbackQueue
from portal.menu import menu_of
from portal.regions import BAR, CALLBACK_BAR, EARNED, STRIP, UNSEEN, Contexts
from telephony.selectors import live_call_of_operator
from web.frame import PageFrame
from web.live import Region
from web.requests import SiteRequest

register = template.Library()


@dataclass(frozen=True, slots=True)
class _Shown:
    """What was read for this page, and the sequence from before that."""

    sequence: int
    contexts: Contexts


@register.simple_tag
def state_bar(request: SiteRequest, frame: PageFrame) -> SafeString:
    """The regions `status-strip` and `earned-today`; nothing for who is no operator."""
    return _regions(request, (STRIP, EARNED), "portal/state_bar.html", frame=frame)


@register.simple_tag
def missed_count(request: SiteRequest) -> SafeString:
    """The region `missed-count`, likewise."""
    return _regions(request, (UNSEEN,), "portal/console/missed-count.html")


@register.simple_tag
def call_bar(request: SiteRequest, csrf_token: str) -> SafeString:
    """The region `call-bar`, likewise."""
    return _regions(request, (BAR,), "portal/console/call-bar.html", csrf_token=csrf_token)


@register.simple_tag
def call_tag() -> str:
    """The tag that all notifications about an incoming call have, pushed or shown by a page: one takes the other's place."""
    return CALL_TAG


@register.simple_tag
def callback_bar(request: SiteRequest, csrf_token: str) -> SafeString:
    """The region `callback-bar`, on every page but the console, which has the whole queue."""
    return _regions(request, (CALLBACK_BAR,), "portal/console/callback-bar.html", csrf_token=csrf_token)


@register.simple_tag(takes_context=True)
def callback_queue(context: Context, request: SiteRequest) -> CallbackQueue | None:
    """Who asked for a callback, for the header; the console has read it already."""
    own: CallbackQueue | None = context.get("callbacks")
    shown = None if own is not None else _shown(request)
    return own if shown is None else shown.contexts.callbacks


@register.inclusion_tag("portal/menu.html")
def main_menu(request: SiteRequest, frame: PageFrame, queue: CallbackQueue | None) -> dict[str, Any]:
    """The links to the site's pages."""
    return {"items": menu_of(request.path), "frame": frame, "queue": queue, "request": request}


def _shown(request: SiteRequest) -> _Shown | None:
    operator = getattr(request, "operator", None)
    if operator is None:
        return None
    shown: _Shown | None = getattr(request, "operator_regions", None)
    if shown is None:
        shown = _Shown(time_sequence(), Contexts(operator, live_call_of_operator(operator)))
        request.operator_regions = shown  # type: ignore[attr-defined]  # of one reading
    return shown


def _regions(request: SiteRequest, kinds: tuple[str, ...], name: str, **more: Any) -> SafeString:
    shown = _shown(request)
    if shown is None:
        return mark_safe("")
    context: dict[str, Any] = {**more, "sequence": shown.sequence}
    for kind in kinds:
        context |= shown.contexts.of(Region(kind)) or {}
    return mark_safe(render_to_string(name, context))  # noqa: S308 (a template's)
