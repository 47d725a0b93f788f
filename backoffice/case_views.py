"""The queue of cases: age, evidence, our answer, appeals, and the list of a month as CSV."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from backoffice.case_rows import sections_of
from backoffice.decorators import render_staff_page, staff_page
from billing.case_rules import MAX_WORDS
from billing.cases import waiting_cases
from billing.models import Case
from billing.paid import paid_for
from billing.services.answer_case import answer_case, decide_appeal
from billing.states import CaseOutcome, CaseState
from core import clock
from core.csv_stream import csv_response
from core.days import BOOKS_ZONE
from core.errors import Invalid, NotFound
from customers.models import User
from web.actions import run_service
from web.forms import reason_of

SHOWN = 100
ANSWERED_SHOWN = 20
_HEADER = [
    "number", "opened", "kind", "problem", "site", "customer", "about", "state", "due", "business_days", "answered",
    "answered_by", "appealed", "decided", "decided_by", "outcome",
]  # fmt: skip
_OUTCOMES = [(value, label) for value, label in CaseOutcome.choices if value]


@require_GET
@staff_page("billing.view_case")
def queue(request: HttpRequest, staff: User) -> HttpResponse:
    """What waits for an answer or the decision of an appeal, the earliest due day first; and what was answered last."""
    answered = (
        Case.objects.exclude(handled_by=None)
        .defer("evidence")
        .select_related("customer", "brand", "handled_by")
    )
    waiting = list(waiting_cases()[:SHOWN])
    return render_staff_page(
        request,
        "backoffice/cases.html",
        title="Cases",
        open_cases=[case for case in waiting if case.state == CaseState.OPEN],
        appeals=[case for case in waiting if case.state == CaseState.APPEALED],
        answered=answered.exclude(state=CaseState.APPEALED).order_by("-answered_at")[:ANSWERED_SHOWN],
        month=_this_month(),
    )


@require_GET
@staff_page("billing.view_case")
def page(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """One case with its evidence, and the form for the answer."""
    rows = Case.objects.select_related("customer", "operator", "brand", "handled_by", "decided_by")
    case = rows.filter(pk=number).first()
    if case is None:
        raise NotFound("Case not found.")
    return render_staff_page(
        request,
        "backoffice/case.html",
        title=f"Case {case.number}",
        case=case,
        sections=sections_of(case),
        paid=paid_for(case.reference) if case.reference else None,
        outcomes=_OUTCOMES,
        most=MAX_WORDS,
        is_own_answer=case.handled_by == staff,
    )


@require_POST
@staff_page("billing.answer_case")
def answer(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Write to the person."""
    return _answer(request, staff, number, answer_case, "Answered. The answer is on its way by email.")


@require_POST
@staff_page("billing.answer_case")
def decide(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Answer the appeal, which closes the case."""
    return _answer(request, staff, number, decide_appeal, "Decided. The decision is on its way by email.")


@require_GET
@staff_page("billing.view_case")
def month_csv(request: HttpRequest, staff: User) -> StreamingHttpResponse:
    """Cases opened in a month (`?month=2026-11`, else this one), without what anybody wrote."""
    try:
        first = date.fromisoformat(f"{request.GET.get('month', _this_month())}-01")
        following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
        begin, end = (
            datetime.combine(day, time(), tzinfo=BOOKS_ZONE).astimezone(UTC) for day in (first, following)
        )
    except (ValueError, OverflowError):
        raise Invalid("Enter the month like 2026-11.") from None
    rows = Case.objects.filter(opened_at__gte=begin, opened_at__lt=end).order_by("id")
    related = rows.defer("evidence").select_related("customer", "brand", "handled_by", "decided_by")
    return csv_response(f"cases-{first:%Y-%m}.csv", _HEADER, map(_row, related.iterator(chunk_size=500)))


def _this_month() -> str:
    return f"{clock.now().astimezone(BOOKS_ZONE):%Y-%m}"


def _answer(
    request: HttpRequest, staff: User, number: int, service: Callable[..., Case], done: str
) -> HttpResponse:
    form = request.POST
    return run_service(
        request,
        lambda: service(
            case_id=number,
            text=form.get("text", ""),
            outcome=form.get("outcome", ""),
            reason=reason_of(request),
            actor=staff,
        ),
        then=reverse("backoffice:case", args=[number]),
        message=done,
    )


def _row(case: Case) -> list[Any]:
    return [
        case.number, _time(case.opened_at), case.kind, case.problem, case.brand.slug, case.customer_id or "",
        case.receipt or case.reference, case.state, case.due_on.isoformat(), case.business_days, _time(case.answered_at),
        case.handled_by.email if case.handled_by else "", _time(case.appealed_at), _time(case.decided_at),
        case.decided_by.email if case.decided_by else "", case.outcome,
    ]  # fmt: skip


def _time(at: datetime | None) -> str:
    return (at.astimezone(BOOKS_ZONE).isoformat(sep=" ", timespec="seconds")) if at else ""
