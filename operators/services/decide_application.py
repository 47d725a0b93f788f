"""Staff decide about an application: approve, decline, or ask for something. On record, with the reason, and told by a letter."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.utils.text import slugify

from brands.models import Brand
from core import audit, clock
from core.db import transactional
from core.errors import Conflict, NotFound
from core.parse import checked_reason
from customers.own_account import refuse_own_account
from operators.contract import has_signed
from operators.domain_events import application_changed
from operators.models import Application, IdentityDocument, Listing, Operator
from operators.services.apply import lock_application
from operators.services.review_operator import approve_operator
from operators.standing import FOR_STAFF, Obstacle, application_obstacle
from operators.states import ApplicationState, ApprovalStatus


@transactional
def approve_application(*, application_id: int, actor: AbstractBaseUser, reason: str) -> Operator:
    """Make them an operator, listed on every site, which they can change. The reason says how the identity was checked.

    Raises Invalid, NotFound, NotAllowed `own_account`, Conflict while something is in the way.
    """
    application = _lock_submitted(application_id, actor)
    at = clock.now()
    obstacle = application_obstacle(application, at, accepted=False)
    if obstacle is None and not has_signed(application.user_id):
        obstacle = Obstacle.CONTRACT
    if obstacle:
        raise Conflict(FOR_STAFF[obstacle], code=obstacle)
    application.documents.update(accepted_at=at)
    operator = Operator.objects.create(
        user=application.user,
        stage_name=application.stage_name,
        slug=_free_slug(application.stage_name),
        languages=application.languages,
        specialties=application.topics,
        approval_status=ApprovalStatus.PENDING,
    )
    Listing.objects.bulk_create(Listing(operator=operator, brand=brand) for brand in Brand.objects.all())
    application.operator = operator
    _decide(application, ApplicationState.APPROVED, actor, checked_reason(reason), answer="")
    approve_operator(operator_id=operator.pk, actor=actor, reason=reason)
    return operator


@transactional
def decline_application(*, application_id: int, actor: AbstractBaseUser, reason: str) -> None:
    """Say no, in words that the applicant reads. Raises as above."""
    application = _lock_submitted(application_id, actor)
    reason = checked_reason(reason, "the applicant reads it")
    _decide(application, ApplicationState.DECLINED, actor, reason, answer=reason)


@transactional
def ask_applicant(*, application_id: int, actor: AbstractBaseUser, reason: str) -> None:
    """Give it back for something that is missing, in words that the applicant reads. Raises as above."""
    application = _lock_submitted(application_id, actor)
    reason = checked_reason(reason, "the applicant reads it")
    _decide(application, ApplicationState.INCOMPLETE, actor, reason, answer=reason)


@transactional
def accept_document(*, document_id: int, actor: AbstractBaseUser, reason: str) -> None:
    """Accept the next document of somebody who works already. Raises Invalid, NotFound, NotAllowed `own_account`, Conflict."""
    reason = checked_reason(reason)
    owner = IdentityDocument.objects.filter(pk=document_id).values_list("application_id", flat=True).first()
    application = lock_application(pk=owner)
    refuse_own_account(actor, application)
    if application.state != ApplicationState.APPROVED:
        raise Conflict("Approve the application instead.")
    if not application.documents.filter(pk=document_id, accepted_at=None).update(accepted_at=clock.now()):
        raise NotFound("This document was replaced or accepted in the meantime.")
    audit.record(
        actor=actor, action="document.accept", subject=application.user, reason=reason, document=document_id
    )


def _lock_submitted(application_id: int, actor: AbstractBaseUser) -> Application:
    application = lock_application(pk=application_id)
    refuse_own_account(actor, application)
    if application.state != ApplicationState.SUBMITTED:
        raise Conflict(f"This application is {application.get_state_display()}.")
    return application


def _decide(
    application: Application, state: ApplicationState, actor: AbstractBaseUser, reason: str, *, answer: str
) -> None:
    who: Any = actor
    application.state, application.answer = state, answer
    application.decided_by, application.decided_at = who, clock.now()
    application.changed_at = application.decided_at
    application.save()
    audit.record(actor=actor, action=f"application.{state}", subject=application.user, reason=reason)
    application_changed.tell(application=application, decision=state, reason=answer)


def _free_slug(stage_name: str) -> str:
    base = slugify(stage_name)[:40] or "operator"
    taken = set(Operator.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    return next(
        slug for slug in (base, *(f"{base}-{n}" for n in range(2, len(taken) + 3))) if slug not in taken
    )
