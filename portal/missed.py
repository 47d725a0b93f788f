"""Calls that were never joined: for the console those of the last day, and all of them page by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from core import clock
from core.paging import page_before
from operators.customer_list import past_calls_with
from operators.models import Operator
from operators.services.see_missed_calls import see_missed_calls
from portal.decorators import operator_page
from portal.history_words import history_words
from portal.writing import write_urls
from telephony.models import Call
from telephony.operator_words import missed_words
from telephony.selectors import count_missed_calls, missed_calls_of, missed_calls_since
from telephony.states import EndedBy, EndReason

SHOWN = 4  # what a region has room for
WITHIN = timedelta(hours=24)
PAGE = 30


@dataclass(frozen=True, slots=True)
class MissedRow:
    """One call: who (by alias), new or returning, when, why; `write_url`: where the operator may write to them, or none."""

    alias: str
    history: str
    at: datetime
    why: str
    write_url: str


def missed_context(operator: Operator) -> dict[str, Any]:
    """What the console shows. Four queries, and one for each customer to write to."""
    calls = missed_calls_since(operator, clock.now() - WITHIN, SHOWN)
    return {"missed": rows_of(operator, calls)}


def unseen_context(operator: Operator) -> dict[str, Any]:
    """How many of the last day's the operator hasn't seen yet, for the header. One query."""
    day_ago = clock.now() - WITHIN
    since = max(operator.missed_seen_at, day_ago) if operator.missed_seen_at else day_ago
    return {"count": count_missed_calls(operator, since)}


def rows_of(operator: Operator, calls: Sequence[Call]) -> list[MissedRow]:
    """These calls, customers loaded, as the operator reads them."""
    customers = {call.customer_id for call in calls}
    past_calls = past_calls_with(operator, customers)
    urls = write_urls(operator, customers, clock.now())
    return [_row(call, past_calls, urls) for call in calls]


@require_GET
@operator_page
def missed(request: HttpRequest, operator: Operator) -> HttpResponse:
    """All of them, newest first. Now they are seen."""
    see_missed_calls(operator_id=operator.pk)
    page = page_before(missed_calls_of(operator), before=request.GET.get("before"), limit=PAGE)
    context = {
        "missed": rows_of(operator, page.items),
        "older_url": f"?before={page.next_before}" if page.next_before else None,
    }
    return render(request, "portal/missed.html", context)


def _row(call: Call, past_calls: dict[int, int], urls: dict[int, str]) -> MissedRow:
    return MissedRow(
        alias=call.customer.alias,
        history=history_words(past_calls.get(call.customer_id, 0)),
        at=call.initiated_at,
        why=missed_words(
            EndReason(call.end_reason),
            EndedBy(call.ended_by),
            has_rung=call.operator_ringing_at is not None or call.operator_answered_at is not None,
        ),
        write_url=urls.get(call.customer_id, ""),
    )
