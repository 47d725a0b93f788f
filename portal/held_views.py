"""What is held of the operator's earnings: each call and text, the amount, and why; never who the customer is."""

from dataclasses import dataclass, field
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from billing.earnings import OperatorBalance, held_of
from billing.held_words import REASONS, WORDS
from billing.ledger.states import TransactionKind
from billing.selectors import payable_minor
from billing.states import HoldKind
from operators.models import Operator
from portal.decorators import operator_page


@dataclass(slots=True)
class HeldLine:
    """One call or text. `whys`: one sentence for each reason."""

    at: datetime
    what: str
    amount_minor: int
    whys: list[str] = field(default_factory=list)


@require_GET
@operator_page
def held(request: HttpRequest, operator: Operator) -> HttpResponse:
    """The newest first, with what is owed, held, and available."""
    lines = lines_of(operator.pk)
    held_minor = sum(line.amount_minor for line in lines)
    balance = OperatorBalance(payable_minor(operator.pk), held_minor)
    return render(request, "portal/held.html", {"operator": operator, "lines": lines, "balance": balance})


def lines_of(operator_id: int) -> list[HeldLine]:
    """Each call and text once, whatever the number of reasons; what was refunded meanwhile is not held any more."""
    lines: dict[str, HeldLine] = {}
    for one in held_of(operator_id):
        what = WORDS.get(TransactionKind(one.first_kind), "Call")
        line = lines.setdefault(one.reference, HeldLine(one.at, what, one.left_minor))
        line.whys.append(REASONS[HoldKind(one.kind)])
    return sorted(lines.values(), key=lambda line: line.at, reverse=True)
