"""Applications of operators: the queue, one application, its documents (each view on record), and the decision."""

import base64
from collections.abc import Callable

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from backoffice.decorators import render_staff_page, staff_page
from core import clock
from core.errors import Invalid
from core.models import AuditRecord
from customers.models import User
from operators.models import Application, ContractSignature, DocumentFile, IdentityDocument
from operators.regions import REGIONS
from operators.services.decide_application import (
    accept_document,
    approve_application,
    ask_applicant,
    decline_application,
)
from operators.services.documents import open_document
from operators.standing import FOR_STAFF, application_obstacle
from operators.states import ApplicationState
from privacy.services.export_data import latest_export
from privacy.services.request_erasure import waiting_erasure
from web.actions import run_service
from web.forms import reason_of

SHOWN = 100
_DECISIONS: dict[str, tuple[Callable[..., object], str]] = {
    "approve": (approve_application, "Approved. They get an email and can verify their phone now."),
    "decline": (decline_application, "Declined. They get an email with your reason."),
    "ask": (ask_applicant, "Given back. They get an email with what you asked for."),
}


@require_GET
@staff_page("operators.view_application")
def queue(request: HttpRequest, staff: User) -> HttpResponse:
    """What waits for a decision, the longest first; new documents of operators; and what was decided last."""
    rows = Application.objects.select_related("user", "decided_by", "operator")
    renewals = IdentityDocument.objects.filter(
        accepted_at=None, application__state=ApplicationState.APPROVED
    ).select_related("application__user")
    return render_staff_page(
        request,
        "backoffice/applications.html",
        title="Applications",
        waiting=rows.filter(state=ApplicationState.SUBMITTED).order_by("submitted_at")[:SHOWN],
        renewals=renewals.order_by("uploaded_at")[:SHOWN],
        decided=rows.exclude(decided_at=None).order_by("-decided_at")[:20],
    )


@require_GET
@staff_page("operators.view_application")
def page(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """One application: facts, documents without their pictures, signature, record, and the forms for a decision."""
    rows = Application.objects.select_related("user", "operator", "decided_by")
    application = get_object_or_404(rows.prefetch_related("documents__files"), pk=number)
    obstacle = application_obstacle(application, clock.now(), accepted=False)
    records = AuditRecord.objects.filter(subject=f"{User._meta.label_lower}:{application.user_id}")
    return render_staff_page(
        request,
        "backoffice/application.html",
        title=f"Application {application.pk}",
        application=application,
        region=REGIONS.get(application.region, ""),
        obstacle=FOR_STAFF[obstacle] if obstacle else "",
        signatures=ContractSignature.objects.filter(user=application.user).select_related("text"),
        erasure=waiting_erasure(application.user),
        export=latest_export(user=application.user, actor=staff),
        tax_forms=application.user.tax_forms.order_by("-pk"),
        earlier=_declined_before(application, records),
        records=records.select_related("actor").order_by("-id")[:SHOWN],
    )


def _declined_before(application: Application, records: QuerySet[AuditRecord]) -> list[AuditRecord]:
    """Decisions about what the same person sent before, the newest first; not the one that counts now."""
    declined = records.filter(action=f"application.{ApplicationState.DECLINED}").select_related("actor")
    rows = list(declined.order_by("-pk")[:SHOWN])
    return rows[1:] if application.state == ApplicationState.DECLINED else rows


@require_POST
@staff_page("operators.view_identity_document")
def document(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """One picture, for a reason that is kept, inside of the page. No browser and no proxy keeps it."""
    picture = open_document(file_id=number, actor=staff, reason=reason_of(request))
    file = DocumentFile.objects.select_related("document__application").get(pk=number)
    answer = render_staff_page(
        request,
        "backoffice/document.html",
        title=f"ID of {file.document.application.stage_name}",
        application=file.document.application,
        file=file,
        picture=f"data:image/webp;base64,{base64.b64encode(picture).decode()}",
    )
    answer["Cache-Control"] = "no-store"
    return answer


@require_POST
@staff_page("operators.decide_application")
def decide(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Approve, decline, or ask for something."""
    service, message = _DECISIONS.get(request.POST.get("decision", ""), (None, ""))
    if service is None:
        raise Invalid("Approve, decline, or ask for something.")
    return run_service(
        request,
        lambda: service(application_id=number, actor=staff, reason=reason_of(request)),
        then=reverse("backoffice:application", args=[number]),
        message=message,
    )


@require_POST
@staff_page("operators.decide_application")
def accept(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Accept the next document of somebody who works already."""
    row = IdentityDocument.objects.filter(pk=number).first()
    then = (
        reverse("backoffice:application", args=[row.application_id])
        if row
        else reverse("backoffice:applications")
    )
    return run_service(
        request,
        lambda: accept_document(document_id=number, actor=staff, reason=reason_of(request)),
        then=then,
        message="Accepted.",
    )
