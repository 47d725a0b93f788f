"""Somebody applies to become an operator: what they tell us, step by step, until they send it."""

import re
from collections.abc import Sequence
from datetime import date

from core import audit, clock
from core.contact_masking import mask
from core.db import transactional
from core.encryption import encrypt_document
from core.errors import Conflict, Invalid, NotFound
from customers.models import User
from customers.services.sign_up import require_adult
from operators.contract import has_signed
from operators.domain_events import application_changed
from operators.models import Application, Operator
from operators.regions import REGIONS
from operators.standing import TEXTS, Obstacle, application_obstacle
from operators.states import ApplicationState, TaxForm

TAXPAYER = "taxpayer id"  # the purpose that its key is derived for
OPEN = (ApplicationState.DRAFT, ApplicationState.INCOMPLETE)
_US_NUMBER = re.compile(r"\d{9}")
_FOREIGN_NUMBER = re.compile(r"[A-Z0-9]{5,20}")


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
def save_tax_form(*, user: User, form: str, number: str) -> None:
    """The form and the taxpayer's number, which nobody is shown again but for its last four. Raises Invalid, Conflict, NotFound."""
    if form not in TaxForm.values:
        raise Invalid("Choose a tax form.")
    bare = re.sub(r"[\s.-]", "", number).upper()
    if form == TaxForm.W9 and not _US_NUMBER.fullmatch(bare):
        raise Invalid("Enter your SSN or EIN: nine digits.")
    if not _FOREIGN_NUMBER.fullmatch(bare):
        raise Invalid("Enter the taxpayer number of your country.")
    application = lock_open(user.pk)
    application.tax_form, application.taxpayer_id = form, encrypt_document(bare.encode(), TAXPAYER)
    application.taxpayer_last_four = bare[-4:]
    application.changed_at = clock.now()
    application.save(update_fields=["tax_form", "taxpayer_id", "taxpayer_last_four", "changed_at"])


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


def missing_steps(application: Application) -> list[str]:
    """What still has to be done before it can be sent, in sentences."""
    missing = []
    if obstacle := application_obstacle(application, clock.now(), accepted=False):
        missing.append(
            "Add a photo of your ID first." if obstacle == Obstacle.NO_DOCUMENT else TEXTS[obstacle]
        )
    if not has_signed(application.user_id):
        missing.append("Sign the contract first.")
    if not application.tax_form:
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
