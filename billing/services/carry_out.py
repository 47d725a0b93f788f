"""Do what staff decided to give, or ask for a second person's approval where it is above the giver's limits.

Every form and command in which staff give money or minutes calls this. A service that is called past it refuses.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from billing import conf
from billing.deeds import approval_of, deed_named, may_do
from billing.domain_events import approval_requested
from billing.models import ApprovalRequest
from billing.staff_limits import Approval, ApprovalNeeded, Gift
from billing.states import ApprovalState
from core import audit, clock
from core.db import dry_run, transactional
from core.errors import Conflict, NotAllowed
from core.parse import checked_reason

DECIDED_WITHIN = timedelta(hours=72)
DELAY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class CarriedOut:
    """What the deed returned. With a `request` it was not done: `result` is what would come of it, `why` who has to decide."""

    result: Any = None
    request: ApprovalRequest | None = None
    why: str = ""


@transactional
def carry_out(
    deed_name: str, *, actor: AbstractBaseUser, reason: str, idempotency_key: str, **arguments: Any
) -> CarriedOut:
    """Do the deed with its `arguments` (JSON values, see `billing.deeds`), or write a request. Once for each key.

    A deed that would be refused makes no request. Raises NotAllowed for who lacks the rights, what
    the deed raises, and Conflict `idempotency_conflict`.
    """
    deed = deed_named(deed_name)
    if not may_do(actor.pk, deed):
        raise NotAllowed("You don't have permission to do this.")

    def run(approval: Approval | None) -> Any:
        return deed.run(
            **arguments, reason=reason, actor=actor, idempotency_key=idempotency_key, approval=approval
        )

    waiting = _waiting(idempotency_key)
    if waiting is not None:
        _same(waiting, deed_name, arguments, actor)
        expected = dry_run(lambda: run(approval_of(waiting)))
        return CarriedOut(expected, waiting, "It's waiting for someone else to approve it.")
    try:
        with transaction.atomic():  # what was begun is taken back, its locks too
            return CarriedOut(run(None))
    except ApprovalNeeded as needed:
        why, gift = needed.message, needed.gift
    if arguments.get("amount_minor", 0) is None:  # all that is left: what is approved is what it is now
        arguments["amount_minor"] = gift.amount_minor
    request = _ask(gift, deed_name, arguments, actor, reason, idempotency_key)
    return CarriedOut(dry_run(lambda: run(approval_of(request))), request, why)


def _waiting(key: str) -> ApprovalRequest | None:
    return ApprovalRequest.objects.filter(idempotency_key=key, state=ApprovalState.WAITING).first()


def _ask(
    gift: Gift, deed_name: str, arguments: dict[str, Any], actor: AbstractBaseUser, reason: str, key: str
) -> ApprovalRequest:  # fmt: skip
    at = clock.now()
    request, is_new = ApprovalRequest.objects.get_or_create(
        idempotency_key=key,
        state=ApprovalState.WAITING,
        defaults={
            "deed": deed_name,
            "arguments": arguments,
            "amount_minor": gift.amount_minor,
            "seconds": gift.seconds,
            "customer": gift.customer,
            "operator": gift.operator,
            "reason": checked_reason(reason),
            "requested_by_id": actor.pk,
            "requested_at": at,
            "expires_at": at + DECIDED_WITHIN,
            "due_at": None if deed_named(deed_name).needs_two else _due_at(at),
        },
    )
    if not is_new:
        return _same(request, deed_name, arguments, actor)
    audit.record(
        actor=actor, action="approval.request", subject=request, reason=request.reason, deed=deed_name,
        amount_minor=gift.amount_minor, seconds=gift.seconds, beneficiaries=gift.logins,
    )  # fmt: skip
    approval_requested.tell(request=request)
    return request


def _due_at(at: datetime) -> datetime | None:
    return at + DELAY if conf.has_sole_administrator() else None


def _same(
    request: ApprovalRequest, deed_name: str, arguments: dict[str, Any], actor: AbstractBaseUser
) -> ApprovalRequest:
    """The request of the first time. Raises Conflict if this one asks for something else. A span's expiry moves on."""
    ignored = {"expires_at", *(name for name, value in arguments.items() if value is None)}
    before = {name: value for name, value in request.arguments.items() if name not in ignored}
    now = {name: value for name, value in arguments.items() if name not in ignored}
    if (request.deed, request.requested_by_id, before) != (deed_name, actor.pk, now):
        raise Conflict("This key was used before for another request.", code="idempotency_conflict")
    return request
