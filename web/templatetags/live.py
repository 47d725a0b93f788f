"""What live regions need in templates: the timer of a snapshot, and tables for scripts."""

import json
from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.safestring import SafeString, mark_safe

from web.holds import customer_hold_words
from web.timers import Timer

register = template.Library()


@register.filter
def cost_timer(call: Mapping[str, Any] | None) -> Timer | None:
    """The timer of a customer's snapshot; None unless the call is joined and runs."""
    return Timer.of(call, call["cost_steps"]) if call else None


@register.filter
def earnings_timer(call: Mapping[str, Any] | None) -> Timer | None:
    """The timer of an operator's snapshot, likewise."""
    return Timer.of(call, call["earned_steps"]) if call else None


@register.filter
def hold_words(call: Mapping[str, Any] | None) -> str:
    """What the customer is told of a hold in their running call; empty while nobody holds."""
    return customer_hold_words(call) if call else ""


@register.filter
def json_attribute(value: Any) -> SafeString:
    """A table for scripts as the value of a single-quoted attribute: JSON that can end neither attribute nor tag."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return mark_safe(text.replace("&", "\\u0026").replace("<", "\\u003c").replace("'", "\\u0027"))  # noqa: S308
