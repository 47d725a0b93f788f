"""The operator's console as a page without a database, for development and tests (never in production)."""

from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from operators.selectors import CustomerHistory
from operators.services.presence import ONLINE_CHOICES
from portal.console import CallAtHand, ConsoleCall, State
from portal.hours import hours_of
from portal.notes import NoteField
from portal.time_off import TimeOff

_SERVER_MS = 1_772_920_043_000
_CALL: dict[str, Any] = {
    "call_id": "call_1772919720_9f3k2m7q1x",
    "sequence": 4,
    "status": "answered",
    "alias": "Quiet Heron",
    "brand": "flirts.nyc",
    "rate_minor": 399,
    "share_bps": 8000,
    "free_seconds": 600,
    "free_minutes_pay": True,
    "free_pay_minor": 3192,
    "duration_seconds": 323,
    "server_time_ms": _SERVER_MS,
    "joined_at_ms": _SERVER_MS - 323_000,
    "granted_seconds": 480,
    "granted_until_ms": _SERVER_MS + 157_000,
    "is_final": False,
    "next_seconds": 60,
    "first_seconds": 60,
    "warn_at_seconds": [60, 15],
    "held_by": "",
    "hold_limit_seconds": {"customer": 60, "operator": 15},
    "earned_minor": 1994,
    "earned_steps": [(301, 1994), (361, 2313), (421, 2632)],
    "currency": "USD",
    "ringing_leg": "operator",
    "is_screening": False,
    "is_accepted": False,
}


@require_safe
def gallery(request: HttpRequest) -> HttpResponse:
    """The console during a call."""
    note = NoteField("call-note", "Your note about this caller", "Likes long silences", None)
    context = {
        "console": ConsoleCall(_CALL),
        "caller": CustomerHistory(past_calls=2, last_at_ms=_SERVER_MS),
        "at_hand": CallAtHand(_CALL["call_id"], 4, is_live=True, note=note),
        "strip": {"state": State.TALKING, "words": "You’re talking"},
        "hours": hours_of([], ZoneInfo("America/New_York"), "USD"),
        "presence": {
            "words": "busy",
            "state": {"presence": "online"},
            "online_minutes": 60,
            "time_off": TimeOff(may_take_break=True),
            "online_choices": [(minutes, minutes // 60) for minutes in ONLINE_CHOICES],
        },
        "today": {"calls": 7, "seconds": 9140, "chats": 3, "messages": 12, "earned_minor": 11873},
        "conversations": [],
        "sequence": 1,
    }
    return render(request, "portal/gallery.html", context)
