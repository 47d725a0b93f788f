"""Letters about cases: that we have one and answer by when, our answer, and what came of an appeal."""

from typing import Any

from django.conf import settings

from billing.case_rules import APPEAL_WITHIN
from billing.cases import link_token
from billing.domain_events import case_answered, case_opened
from billing.models import Case
from billing.states import CaseKind, CaseState
from core.days import BOOKS_ZONE, write_date
from notices.pages import COMPLAINT, CUSTOMER_CASE, HELD_LINE
from notices.services.enqueue import enqueue
from notices.states import NoticeKind


@case_opened.listener
def _opened(*, case: Case) -> None:
    enqueue(NoticeKind.CASE_OPENED, key=f"case:{case.pk}", due=write_date(case.due_on), **_about(case))


@case_answered.listener
def _answered(*, case: Case, text: str) -> None:
    """The first answer may be appealed; the second is the last."""
    if case.state == CaseState.ANSWERED:
        assert case.answered_at is not None, "it was answered just now"
        until = (case.answered_at + APPEAL_WITHIN).astimezone(BOOKS_ZONE).date()
        enqueue(
            NoticeKind.CASE_ANSWERED, key=f"case-answer:{case.pk}", text=text, until=write_date(until), **_about(case)
        )  # fmt: skip
    else:
        enqueue(NoticeKind.CASE_DECIDED, key=f"case-decision:{case.pk}", text=text, **_about(case))


def _about(case: Case) -> dict[str, Any]:
    """Whom the letter goes to, whose look it has, the number, and where the case is shown."""
    if case.kind == CaseKind.CONTEST:
        assert case.operator is not None, "an operator contests what is held"
        url = HELD_LINE.url(case.reference, host=settings.PORTAL_HOSTS[0])
        return {"recipient": case.operator.user, "number": case.number, "url": url}
    host = case.brand.hosts.first()
    url = ""
    if host is not None and case.customer is not None:
        url = CUSTOMER_CASE.url(case.number, host=host.host)
    elif host is not None:
        url = COMPLAINT.url(case.number, link_token(case), host=host.host)
    return {
        "recipient": case.customer.user if case.customer else None,
        "address": "" if case.customer else case.email,
        "brand": case.brand,
        "number": case.number,
        "url": url,
    }
