"""Hours and time off: one page of forms, each saved by itself, and what the console does in one press."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from core import clock
from core.parse import whole_number
from operators.absence import default_text
from operators.models import Operator, WorkPlan
from operators.selectors import today_of
from operators.services import change_settings, working_time
from operators.services.breaks import take_break
from operators.services.profile_texts import change_auto_reply
from operators.services.vacation import end_vacation, plan_vacation
from operators.states import ProfileField
from portal.decorators import operator_page
from portal.forms import ScheduleForm
from portal.hours_forms import AutoReplyForm, ExceptionForm, VacationForm, WorkPlanForm
from portal.settings_pages import save, section_page, section_url
from portal.time_off import vacation_words
from web.actions import run_service
from web.hour_words import describe_exception


@require_http_methods(["GET", "HEAD", "POST"])
@operator_page
def hours(request: HttpRequest, operator: Operator) -> HttpResponse:
    """Usual hours, and with them dates that differ, what follows the hours, vacation, automatic replies."""
    if request.method != "POST":
        return _page(request, operator)
    form = ScheduleForm(operator, request.POST)
    return _save(
        request, operator, "schedule", form,
        lambda: change_settings.change_schedule(operator_id=operator.pk, hours=form.hours()),
        "Your usual hours are saved.",
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
def schedule(request: HttpRequest) -> HttpResponse:
    """The address of the hours before they had a page: pages that are open still send their form here."""
    if request.method == "POST":
        return hours(request)  # type: ignore[return-value]
    return redirect("portal:settings-hours")


@require_POST
@operator_page
def add_date(request: HttpRequest, operator: Operator) -> HttpResponse:
    """Other hours on one date, or a day off."""
    form = ExceptionForm(request.POST)

    def change() -> str:
        row = working_time.set_exception(operator_id=operator.pk, **form.cleaned_data)
        return f"Saved: {describe_exception(row)}."

    return _save(request, operator, "dates", form, change)


@require_POST
@operator_page
def remove_date(request: HttpRequest, operator: Operator, exception_id: int) -> HttpResponse:
    """The usual hours on that date again."""
    return run_service(
        request,
        lambda: working_time.remove_exception(operator_id=operator.pk, exception_id=exception_id),
        then=f"{section_url('hours')}#dates",
        message="Removed. Your usual hours count on that day.",
    )


@require_POST
@operator_page
def plan(request: HttpRequest, operator: Operator) -> HttpResponse:
    """The reminder, and going online and offline by the hours."""
    form = WorkPlanForm(_plan_of(operator), request.POST)
    return _save(
        request, operator, "plan", form,
        lambda: working_time.change_work_plan(operator_id=operator.pk, **form.cleaned_data), "Saved.",
    )  # fmt: skip


@require_POST
@operator_page
def vacation(request: HttpRequest, operator: Operator) -> HttpResponse:
    """Plan a vacation, or change the one that is planned or runs."""
    form = VacationForm(request.POST)

    def change() -> str:
        row = plan_vacation(operator_id=operator.pk, **form.cleaned_data)
        return vacation_words(row, clock.now())

    return _save(request, operator, "vacation", form, change)


@require_POST
@operator_page
def vacation_end(request: HttpRequest, operator: Operator) -> HttpResponse:
    """Back early, or not going."""
    is_running = operator.is_on_vacation(clock.now())
    over, canceled = "Your vacation is over. Go online when you’re ready.", "Your vacation is canceled."
    return run_service(
        request,
        lambda: end_vacation(operator_id=operator.pk),
        then=reverse("portal:console"),
        message=over if is_running else canceled,
    )


@require_POST
@operator_page
def auto_reply(request: HttpRequest, operator: Operator) -> HttpResponse:
    """When texts are answered automatically, and with what."""
    form = AutoReplyForm(operator, _plan_of(operator), None, request.POST)

    def change() -> str:
        if change_auto_reply(operator_id=operator.pk, **form.cleaned_data):
            return "Saved. Our staff will check your text before customers see it."
        return "Saved."

    return _save(request, operator, "auto_reply", form, change)


@require_POST
@operator_page
def begin_break(request: HttpRequest, operator: Operator) -> HttpResponse:
    """Away for some minutes, or for some more."""
    minutes = whole_number(request.POST.get("minutes", ""), most=999)
    return run_service(
        request,
        lambda: take_break(operator_id=operator.pk, minutes=minutes),
        then=reverse("portal:console"),
    )


@require_POST
@operator_page
def texts(request: HttpRequest, operator: Operator) -> HttpResponse:
    """Texts on or off."""
    takes = request.POST.get("takes_messages") == "1"
    return run_service(
        request,
        lambda: working_time.set_takes_messages(operator_id=operator.pk, takes_messages=takes),
        then=reverse("portal:console"),
    )


def _save(
    request: HttpRequest,
    operator: Operator,
    name: str,
    form: forms.Form,
    service: Callable[[], str | None],
    message: str = "",
) -> HttpResponse:
    """`name`: of the form on the page, and of its place there."""

    def again(status: int) -> HttpResponse:
        return _page(request, operator, status=status, **{name: form})

    return save(request, form, service, message, then=f"{section_url('hours')}#{name}", again=again)


def _page(request: HttpRequest, operator: Operator, *, status: int = 200, **shown: Any) -> HttpResponse:
    """The whole page; `shown` are forms that were sent and could not be saved."""
    at, own_plan = clock.now(), _plan_of(operator)
    today = today_of(operator, at)
    offered = operator.profile_texts.select_related("operator").filter(field=ProfileField.AUTO_REPLY).first()
    rows = operator.schedule_exceptions.filter(day__gte=today).order_by("day")
    context = {
        "exceptions": [(row.pk, describe_exception(row)) for row in rows],
        "on_vacation": operator.is_on_vacation(at),
        "vacation_words": vacation_words(operator, at),
        "offered": offered,
        "default_reply": default_text(operator, at),
        "schedule": ScheduleForm(operator),
        "dates": ExceptionForm(),
        "plan": WorkPlanForm(own_plan),
        "vacation": VacationForm(),
        "auto_reply": AutoReplyForm(operator, own_plan, offered),
        **shown,
    }
    return section_page(request, operator, "hours", context, status=status)


def _plan_of(operator: Operator) -> WorkPlan:
    return WorkPlan.objects.filter(operator=operator).first() or WorkPlan()
