"""Whether an operator may work and be paid: one rule for going online, approval, payouts, and pages.

Who came by application needs to be an adult, with an accepted identity document that is valid, by the calendar of their time
zone. Everybody who works needs to have signed the contract; there is a grace time for each new edition (`contract.sign_until`).
Who stopped isn't asked to sign anymore: what they earned is paid. Being paid needs a tax form besides, of those who stopped, too;
who worked before tax forms came has a grace time (`tax_form_until`).
"""

from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from django.conf import settings

from customers.services.sign_up import ADULT_YEARS, age_on
from operators.contract import has_signed, sign_until
from operators.models import Application, Operator
from operators.states import ApprovalStatus
from operators.tax_forms import is_valid_on, newest


class Obstacle(StrEnum):
    """What keeps somebody from working or from being paid; the words are stable error codes."""

    TOO_YOUNG = "too_young"
    NO_DOCUMENT = "no_document"
    DOCUMENT_EXPIRED = "document_expired"
    CONTRACT = "contract_unsigned"
    TAX_FORM = "no_tax_form"
    TAX_FORM_EXPIRED = "tax_form_expired"


TEXTS = {
    Obstacle.TOO_YOUNG: f"You must be {ADULT_YEARS} or older to work here.",
    Obstacle.NO_DOCUMENT: "We need a photo of your ID first. Add one on your application page.",
    Obstacle.DOCUMENT_EXPIRED: "Your ID has expired. Add a photo of a valid one on your application page.",
    Obstacle.CONTRACT: "Sign our contract first. You’ll find it under Contract in your settings.",
    Obstacle.TAX_FORM: "We need a tax form before we can pay you. Fill it in under Tax form in your settings.",
    Obstacle.TAX_FORM_EXPIRED: "Your W-8BEN has expired. Fill in a new one so that we can pay you.",
}
FOR_STAFF = {
    Obstacle.TOO_YOUNG: f"By their date of birth, they are under {ADULT_YEARS}.",
    Obstacle.NO_DOCUMENT: "They have no identity document that was accepted.",
    Obstacle.DOCUMENT_EXPIRED: "Their identity document has expired.",
    Obstacle.CONTRACT: "They haven’t signed the current contract.",
    Obstacle.TAX_FORM: "They have no tax form on file. They can fill one in under Tax form in their settings.",
    Obstacle.TAX_FORM_EXPIRED: "Their W-8BEN has expired. They can fill in a new one under Tax form in their settings.",
}


def application_obstacle(application: Application, at: datetime, *, accepted: bool) -> Obstacle | None:
    """What is wrong with the person's age or documents at `at`. `accepted`: only documents that staff accepted count."""
    today = day_of(application, at)
    if application.born_on is None or age_on(today, application.born_on) < ADULT_YEARS:
        return Obstacle.TOO_YOUNG
    documents = application.documents.all()
    ends = [row.expires_on for row in documents if row.accepted_at is not None or not accepted]
    if not ends:
        return Obstacle.NO_DOCUMENT
    return Obstacle.DOCUMENT_EXPIRED if max(ends) < today else None


def work_obstacle(operator: Operator, at: datetime) -> Obstacle | None:
    """What keeps this operator from working at `at`; None if nothing does."""
    rows = Application.objects.filter(operator=operator).select_related("user")
    application = rows.first()
    if application is not None and (found := application_obstacle(application, at, accepted=True)):
        return found
    if operator.approval_status in (ApprovalStatus.SUSPENDED, ApprovalStatus.CLOSED):
        return None
    until = sign_until(operator)
    if until is not None and until <= at and not has_signed(operator.user_id):
        return Obstacle.CONTRACT
    return None


def payout_obstacle(operator: Operator, at: datetime) -> Obstacle | None:
    """What keeps them from being paid out at `at`: what keeps them from working, or that no tax form is on file. It stays theirs."""
    return work_obstacle(operator, at) or tax_form_obstacle(operator, at)


def tax_form_obstacle(operator: Operator, at: datetime) -> Obstacle | None:
    """Whether their tax form is missing after the grace time, or has expired."""
    form = newest(operator.user_id)
    if form is None:
        return Obstacle.TAX_FORM if tax_form_until(operator) <= at else None
    today = at.astimezone(ZoneInfo(operator.user.time_zone)).date()
    return None if is_valid_on(form, today) else Obstacle.TAX_FORM_EXPIRED


def tax_form_until(operator: Operator) -> datetime:
    """Until when an operator without a tax form is paid all the same."""
    return operator.tax_form_asked_at + timedelta(days=settings.TAX_FORM_GRACE_DAYS)


def may_be_paid(operator: Operator, at: datetime) -> bool:
    """Whether what they earned may be paid out now."""
    return payout_obstacle(operator, at) is None


def day_of(application: Application, at: datetime) -> date:
    """The date at the applicant's."""
    return at.astimezone(ZoneInfo(application.user.time_zone)).date()
