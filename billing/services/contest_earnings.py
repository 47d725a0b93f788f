"""An operator says why earnings that are held are theirs: a case that staff answer, beside whatever holds them."""

from typing import Any

from django.utils.translation import gettext as _

from billing.case_evidence import as_text, evidence_for
from billing.case_rules import checked_words
from billing.cases import contest_of
from billing.domain_events import case_opened
from billing.ledger.models import Transaction
from billing.models import Case
from billing.models.cases import WAITING_STATES
from billing.payouts.balances import HeldLine, held_lines
from billing.services.open_case import OPEN_AT_MOST, save_opened
from billing.states import CaseKind
from brands.models import Brand
from core import clock
from core.db import transactional
from core.errors import LimitReached, NotFound
from operators.models import Operator

_OF_THE_SALE = ("call", "events", "text")  # nothing of the customer’s money


@transactional
def contest_earnings(*, operator: Operator, reference: str, words: str) -> Case:
    """Open a case about what is held under `reference`: one until it is closed, whatever is repeated. It holds nothing longer.

    Raises Invalid, NotFound (also where it isn't held, or is another operator's), LimitReached.
    """
    words = checked_words(words)
    Operator.objects.select_for_update().get(pk=operator.pk)  # of two presses one is first
    earlier = contest_of(operator.pk, reference)
    if earlier is not None and not earlier.is_over:
        return earlier
    line = next((one for one in held_lines(operator.pk) if one.reference == reference), None)
    if line is None:
        raise NotFound(_("Nothing of that is held."))
    waiting = Case.objects.filter(kind=CaseKind.CONTEST, operator=operator, state__in=WAITING_STATES)
    if waiting.count() >= OPEN_AT_MOST:
        raise LimitReached(_("We’re still working on your other cases. We’ll answer those first."))
    rows = Transaction.objects.filter(operator=operator, reference=reference).exclude(customer=None)
    sale = rows.select_related("customer", "brand").order_by("pk")[0]
    case = Case(
        kind=CaseKind.CONTEST,
        operator=operator,
        brand=sale.brand or Brand.objects.filter(listings__operator=operator).order_by("pk")[0],
        email=operator.user.email.lower(),
        reference=reference,
        words=words,
        evidence=_evidence(line, sale),
        opened_at=clock.now(),
    )
    save_opened(case)
    case_opened.tell(case=case)
    return case


def _evidence(line: HeldLine, sale: Transaction) -> dict[str, Any]:
    assert sale.customer is not None, "a customer paid for every sale"
    found = evidence_for(sale.customer, line.reference)
    held = {
        "at": as_text(line.since),
        "kind": ", ".join(line.reasons),
        "amount_minor": line.amount_minor,
        "currency": sale.currency,
        "transaction": sale.pk,
    }
    return {"held": [held], **{name: found[name] for name in _OF_THE_SALE if name in found}}
