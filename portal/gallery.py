"""The operator's console as a page without a database, for development and tests (never in production)."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

_CONSOLE: dict[str, Any] = {
    "presence": "online",
    "in_call": True,
    "call": {
        "call_id": "call_1772919720_9f3k2m7q1x",
        "status": "answered",
        "alias": "Quiet Heron",
        "brand": "flirts.nyc",
        "rate_minor": 399,
        "free_seconds": 600,
        "share_bps": 8000,
        "promo_pay_bps": 10000,
        "duration_seconds": 323,
        "earned_minor": 1994,
        "currency": "USD",
        "joined_at_ms": 1,
        "ringing_leg": "operator",
    },
    "today": {"calls": 7, "seconds": 9140, "chats": 3, "messages": 12, "earned_minor": 11873},
}


@require_safe
def gallery(request: HttpRequest) -> HttpResponse:
    """The console during a call."""
    return render(request, "portal/gallery.html", {"console": _CONSOLE})
