"""Whoever opened a case doesn't accept our answer: somebody else of the staff looks at it."""

from django.utils.translation import gettext as _

from billing.case_rules import checked_words, due_on
from billing.models import Case
from billing.states import CaseState
from core import audit, clock
from core.db import transactional
from core.errors import Conflict


@transactional
def appeal_case(*, case_id: int, words: str) -> Case:
    """Once, within `APPEAL_WITHIN` of the answer; the caller has checked whose case it is. Raises Invalid, Conflict `not_appealable`."""
    words = checked_words(words)
    case = Case.objects.select_for_update().get(pk=case_id)
    at, until = clock.now(), case.appeal_until
    if until is None or at > until:
        raise Conflict(_("This answer can’t be appealed anymore."), code="not_appealable")
    case.state, case.appeal, case.appealed_at, case.due_on = CaseState.APPEALED, words, at, due_on(at)
    case.save(update_fields=["state", "appeal", "appealed_at", "due_on"])
    audit.record(actor=None, action="case.appeal", subject=case, customer=case.customer_id)
    return case
