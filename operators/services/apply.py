"""Somebody applies to become an operator: what they tell us, step by step, until they send it."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from core import audit, clock
from core.contact_masking import mask
from core.days import write_date
from core.db import transactional
from core.errors import Conflict, Invalid, NotFound
from customers.models import User
from customers.services.sign_up import require_adult
from operators.contract import has_signed
from operators.domain_events import application_changed
from operators.models import Application, Operator
from operators.regions import REGIONS
from operators.standing import TEXTS, Obstacle, application_obstacle, day_of
from operators.states import ApplicationState
from operators.tax_forms import is_valid_on, newest

OPEN = (ApplicationState.DRAFT, ApplicationState.INCOMPLETE)


@transactional
def save_facts(
    *,
    user: User,
    legal_name: str,
    born_on: date,
    region: str,
    stage_name: str,
    languages: Sequence[str],
    topics: Sequence[str],
) -> Application:
    """Who they are and how they want to be shown. Raises TooYoung, Invalid, Conflict once it was sent."""
    if Operator.objects.filter(user=user).exists():
        raise Conflict("You’re an operator already.")
    require_adult(user, born_on)
    if region not in REGIONS:
        raise Invalid("Choose your state.")
    name = " ".join(legal_name.replace("\x00", "").split())
    if not name or not stage_name.strip():
        raise Invalid("Enter your legal name and a stage name.")
    Application.objects.get_or_create(user=user, defaults={"changed_at": clock.now()})
    application = lock_open(user.pk)
    application.legal_name, application.born_on, application.region = name, born_on, region
    application.stage_name = mask(stage_name.strip())
    application.languages = [mask(word) for word in languages]
    application.topics = [mask(word) for word in topics]
    application.changed_at = clock.now()
    application.save()
    return application


@transactional
def submit_application(*, user: User) -> None:
    """Send it to staff. Raises Conflict while something is missing, in words for the applicant."""
    application = lock_open(user.pk)
    if missing := missing_steps(application):
        raise Conflict(missing[0])
    application.state = ApplicationState.SUBMITTED
    application.submitted_at = application.changed_at = clock.now()
    application.save(update_fields=["state", "submitted_at", "changed_at"])
    audit.record(actor=user, action="application.submit", subject=application.user)
    application_changed.tell(application=application, decision=application.state, reason="")


@transactional
def reapply(*, user: User) -> None:
    """Open an application that was declined again, with what it says. The decision and its reason stay on record.

    Raises NotFound, Conflict unless it was declined, or before the waiting time is over.
    """
    application = lock_application(user=user)
    again_at = reapply_at(application)
    if again_at is None:
        raise Conflict("Only an application that was declined can be sent again.")
    if clock.now() < again_at:
        raise Conflict(f"You can apply again on {write_date(again_at.astimezone(ZoneInfo(user.time_zone)))}.")
    application.state, application.answer = ApplicationState.DRAFT, ""
    application.decided_at = application.decided_by = application.submitted_at = None
    application.changed_at = clock.now()
    application.save()
    audit.record(actor=user, action="application.reopen", subject=application.user)


def reapply_at(application: Application) -> datetime | None:
    """From when on a declined applicant may apply again; None for every other application."""
    if application.state != ApplicationState.DECLINED or application.decided_at is None:
        return None
    return application.decided_at + timedelta(days=settings.REAPPLY_DAYS)


def missing_steps(application: Application) -> list[str]:
    """What still has to be done before it can be sent, in sentences."""
    missing = []
    if obstacle := application_obstacle(application, clock.now(), accepted=False):
        missing.append(
            "Add a photo of your ID first." if obstacle == Obstacle.NO_DOCUMENT else TEXTS[obstacle]
        )
    if not has_signed(application.user_id):
        missing.append("Sign the contract first.")
    form = newest(application.user_id)
    if form is None or not is_valid_on(form, day_of(application, clock.now())):
        missing.append("Fill in the tax form first.")
    return missing


def lock_open(user_id: int) -> Application:
    """The person's application, locked. Raises NotFound, Conflict if it was sent or decided."""
    application = lock_application(user=user_id)
    if application.state not in OPEN:
        raise Conflict("Your application has been sent. You can’t change it now.")
    return application


def lock_application(**which: object) -> Application:
    """One application, locked until the end of the transaction. Raises NotFound."""
    rows = Application.objects.select_for_update(of=("self",)).select_related("user", "operator")
    application = rows.filter(**which).first()
    if application is None:
        raise NotFound("Application not found.")
    return application
