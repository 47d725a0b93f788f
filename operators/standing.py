"""Whether an operator may work and be paid: one rule for going online, approval, payouts, and pages.

Who came by application needs to be an adult, with an accepted identity document that is valid, by the calendar of their time
zone. Everybody who works needs to have signed the contract; there is a grace time for each new edition (`contract.sign_until`).
Who stopped isn't asked to sign anymore: what they earned is paid.
"""

from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from customers.services.sign_up import ADULT_YEARS, age_on
from operators.contract import has_signed, sign_until
from operators.models import Application, Operator
from operators.states import ApprovalStatus


class Obstacle(StrEnum):
    """What keeps somebody from working; the words are stable error codes."""

    TOO_YOUNG = "too_young"
    NO_DOCUMENT = "no_document"
    DOCUMENT_EXPIRED = "document_expired"
    CONTRACT = "contract_unsigned"


TEXTS = {
    Obstacle.TOO_YOUNG: f"You must be {ADULT_YEARS} or older to work here.",
    Obstacle.NO_DOCUMENT: "We need a photo of your ID first. Add one on your application page.",
    Obstacle.DOCUMENT_EXPIRED: "Your ID has expired. Add a photo of a valid one on your application page.",
    Obstacle.CONTRACT: "Sign our contract first. You’ll find it under Contract in your settings.",
}
FOR_STAFF = {
    Obstacle.TOO_YOUNG: f"By their date of birth, they are under {ADULT_YEARS}.",
    Obstacle.NO_DOCUMENT: "They have no identity document that was accepted.",
    Obstacle.DOCUMENT_EXPIRED: "Their identity document has expired.",
    Obstacle.CONTRACT: "They haven’t signed the current contract.",
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
    """What keeps this operator from working and being paid at `at`; None if nothing does."""
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


def may_be_paid(operator: Operator, at: datetime) -> bool:
    """Whether what they earned may be paid out now. It stays theirs either way."""
    return work_obstacle(operator, at) is None


def day_of(application: Application, at: datetime) -> date:
    """The date at the applicant's."""
    return at.astimezone(ZoneInfo(application.user.time_zone)).date()
