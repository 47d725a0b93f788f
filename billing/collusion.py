"""What was taken back of an operator's earnings after disputes, and not restored: so that nothing is taken twice."""

from collections import Counter
from collections.abc import Iterable

from django.db.models import QuerySet

from billing.earnings import earned_from
from billing.models import CollusionFinding
from billing.states import CollusionState
from core.errors import Conflict


def taken_from(operator_id: int, customer_id: int) -> Counter[str]:
    """How much of each call, text, and tip of this customer was taken back from the operator, minor units. Two queries."""
    findings = list(_standing(customer_id).filter(operator=operator_id).order_by("id"))
    references = {reference for finding in findings for reference in finding.references}
    earned = {
        one.reference: one.amount_minor for one in earned_from(operator_id, customer_id, references)
    }  # fmt: skip
    taken: Counter[str] = Counter()
    for finding in findings:
        left_minor = finding.amount_minor
        for reference in finding.references:  # in the order in which they were taken
            minor = max(0, min(earned.get(reference, 0) - taken[reference], left_minor))
            taken[reference] += minor
            left_minor -= minor
    return taken


def not_taken_back(customer_id: int, references: Iterable[str]) -> list[str]:
    """Those of which no operator gave anything back. One query."""
    rows = _standing(customer_id).values_list("references", flat=True)
    taken = {reference for some in rows for reference in some}
    return [reference for reference in references if reference not in taken]


def refuse_taken_back(customer_id: int, reference: str, *, claws_back: bool) -> None:
    """Keep a refund from taking the operator's share again. Needs the lock of the wallet. Raises Conflict `taken_back`."""
    if claws_back and not not_taken_back(customer_id, [reference]):
        raise Conflict(
            "This was taken back from the operator after a dispute. Have the platform pay for the refund.", code="taken_back"
        )  # fmt: skip


def _standing(customer_id: int) -> QuerySet[CollusionFinding]:
    return CollusionFinding.objects.filter(payment__customer=customer_id).exclude(
        state=CollusionState.REVERSED
    )
