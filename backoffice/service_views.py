"""Pausing new calls, card payments, and payouts on all brands, and resuming them."""

from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from backoffice.decorators import ask_staff, render_staff_page, staff_page
from brands.models import PausedService
from brands.services.pause import pause, resume
from brands.states import Service
from core.confirm import Confirmation, is_confirmed
from core.models import AuditRecord
from customers.models import User
from web.actions import run_service
from web.forms import reason_of

_EFFECTS = {
    Service.CALLS: "Nobody can start a call on any site. Calls in progress continue until they end.",
    Service.LOADS: "Nobody can start a card payment. Payments in progress finish.",
    Service.PAYOUTS: "No payout can be recorded. What operators have earned stays theirs.",
}


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """One service: what pausing it does, whether it is paused, and what was last done about it."""

    service: Service
    effect: str
    paused: PausedService | None
    last: AuditRecord | None


@require_GET
@staff_page("brands.view_pausedservice")
def services(request: HttpRequest, staff: User) -> HttpResponse:
    """Each service, and whether it is paused."""
    paused = {row.service: row for row in PausedService.objects.all()}
    rows = [
        ServiceRow(service, _EFFECTS[service], paused.get(service), _last(service)) for service in Service
    ]
    return render_staff_page(request, "backoffice/services.html", title="Pause services", rows=rows)


@require_POST
@staff_page("brands.pause_service")
def pause_service(request: HttpRequest, staff: User, name: str) -> HttpResponse:
    """Pause it, after a question."""
    service = _named(name)
    then = reverse("backoffice:services")
    if not is_confirmed(request):
        facts = (("Service", service.label.capitalize()), ("On", "All brands"))
        question = Confirmation(f"Pause {service.label}?", facts, _EFFECTS[service], "Pause", then)
        return ask_staff(request, question)
    return run_service(
        request,
        lambda: pause(service=service, actor=staff, reason=reason_of(request)),
        then=then,
        message="Paused. It can take up to five seconds to reach every page.",
    )


@require_POST
@staff_page("brands.pause_service")
def resume_service(request: HttpRequest, staff: User, name: str) -> HttpResponse:
    """Resume it, after a question."""
    service = _named(name)
    then = reverse("backoffice:services")
    if not is_confirmed(request):
        facts = (("Service", service.label.capitalize()), ("On", "All brands"))
        effect = "It’s back on within five seconds."
        return ask_staff(request, Confirmation(f"Resume {service.label}?", facts, effect, "Resume", then))
    return run_service(
        request,
        lambda: resume(service=service, actor=staff, reason=reason_of(request)),
        then=then,
        message="Resumed.",
    )


def _named(name: str) -> Service:
    try:
        return Service(name)
    except ValueError:
        raise Http404 from None


def _last(service: Service) -> AuditRecord | None:
    rows = AuditRecord.objects.filter(subject=f"service:{service}").select_related("actor")
    return rows.order_by("-id").first()
