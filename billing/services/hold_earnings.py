"""Hold what an operator earned from one customer until staff decide. Called by the jobs that look for weak links."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from django.db import connection

from billing import conf
from billing.domain_events import earnings_held
from billing.earnings import earned_from
from billing.models import ApprovalRequest, EarningsHold, HeldEarning
from billing.states import ApprovalState, HoldKind, HoldState
from core import audit, clock
from core.db import transactional


@transactional
def hold_earnings(
    *, operator_id: int, customer_id: int, kind: HoldKind, references: Collection[str], evidence: dict[str, Any]
) -> EarningsHold | None:  # fmt: skip
    """Hold these calls and texts of the customer with the operator, each once for each kind; None if there is nothing new.

    Left out is what the operator earned nothing with, or has given back. Nothing is held for as long as a release of the same
    kind between the two says so (`AEIMS_HELD_RELEASED_DAYS`). What is found while a hold is open is added to it; the operator
    is told once. `evidence`: figures for staff.
    """
    lock_holds_of(operator_id)
    before = HeldEarning.objects.filter(operator=operator_id, kind=kind, reference__in=references)
    new = set(references) - set(before.values_list("reference", flat=True))
    amounts = {one.reference: one.amount_minor for one in earned_from(operator_id, customer_id, new)}
    if not amounts or _was_released(operator_id, customer_id, kind):
        return None
    at = clock.now()
    hold, is_new = _open_hold(operator_id, customer_id, kind), False
    if hold is None:
        is_new = True
        hold = EarningsHold.objects.create(
            operator_id=operator_id, customer_id=customer_id, kind=kind, evidence=evidence, opened_at=at
        )
    HeldEarning.objects.bulk_create(
        HeldEarning(
            hold=hold,
            operator_id=operator_id,
            kind=kind,
            reference=reference,
            amount_minor=amount_minor,
            held_at=at,
        )
        for reference, amount_minor in sorted(amounts.items())
    )
    amount_minor = sum(amounts.values())
    audit.record(
        actor=None, action="earnings.hold", subject=hold.operator, hold=hold.pk, kind=kind,
        amount_minor=amount_minor, count=len(amounts),
    )  # fmt: skip
    if is_new:
        earnings_held.tell(hold=hold, amount_minor=amount_minor, count=len(amounts))
    return hold


def lock_holds_of(operator_id: int) -> None:
    """Let nobody else hold or decide about earnings of this operator until the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('held earnings', %s))", [operator_id])


def withdrawal_key(hold_id: int) -> str:
    """The key of giving held earnings back: of the refunds, and of a request to approve them."""
    return f"held-earnings:{hold_id}"


def _open_hold(operator_id: int, customer_id: int, kind: HoldKind) -> EarningsHold | None:
    """One that takes more: not one whose sum a second person is asked to approve."""
    rows = EarningsHold.objects.filter(operator=operator_id, customer=customer_id, kind=kind)
    newest = rows.filter(state=HoldState.OPEN).order_by("-id").first()
    if newest is None:
        return None
    requests = ApprovalRequest.objects.filter(idempotency_key=withdrawal_key(newest.pk))
    return None if requests.filter(state=ApprovalState.WAITING).exists() else newest


def _was_released(operator_id: int, customer_id: int, kind: HoldKind) -> bool:
    since = clock.now() - timedelta(days=conf.held_earnings().released_days)
    rows = EarningsHold.objects.filter(operator=operator_id, customer=customer_id, kind=kind)
    return rows.filter(state=HoldState.RELEASED, decided_at__gt=since).exists()
