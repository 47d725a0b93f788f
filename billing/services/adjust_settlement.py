"""Put a settlement right afterwards: what was presumed (a phone system nobody heard from) turned out otherwise.

The difference is posted once, as an adjustment; the authorization then says what a settlement by the true joined time
would have said, so that receipt, statement and audit keep agreeing.
"""

from dataclasses import dataclass

from billing import postings
from billing.domain_events import funds_available
from billing.ledger.models import Account, Transaction
from billing.ledger.posting import post
from billing.models import Authorization, FreeMinutesPackage, Reservation
from billing.outcome import Outcome
from billing.push import push_wallet
from billing.states import AuthorizationState
from core.db import transactional
from core.errors import Conflict, NotFound


@dataclass(frozen=True, slots=True)
class Adjusted:
    """The outcome as it is now, in minor units by how much the charge changed, and what the wallet could not pay of it."""

    outcome: Outcome
    change_minor: int
    uncollected_minor: int


@transactional
def adjust_settlement(*, authorization_id: int, joined_ms: int) -> Adjusted:
    """Charge as if the call had been settled for `joined_ms` (at least 1), never beyond its grant.

    What the customer owes more is taken from what they have available; the platform bears the rest, the operator gets all
    of theirs. Free seconds that went back meanwhile are used again as far as they are still there. Once for each
    authorization: the same `joined_ms` again changes nothing, another one raises Conflict `adjusted_before`. Raises
    NotFound, and Conflict `still_running`.
    """
    joined_ms = max(joined_ms, 1)
    authorization = Authorization.objects.select_for_update().filter(pk=authorization_id).first()
    if authorization is None:
        raise NotFound("There is no such authorization.")
    if authorization.state == AuthorizationState.OPEN:
        raise Conflict("The call is still running.", code="still_running")
    if authorization.joined_ms == joined_ms:
        return Adjusted(authorization.bill_for(joined_ms), 0, 0)
    if Transaction.objects.filter(idempotency_key__in=postings.adjustment_keys(authorization)).exists():
        raise Conflict("This call was adjusted before.", code="adjusted_before")
    wallet = Account.objects.select_for_update().get(pk=authorization.wallet_id)

    outcome = _use_free_seconds(authorization, joined_ms)
    change = outcome.cost_minor - authorization.charged_minor
    uncollected = max(0, change - max(0, wallet.available_minor))
    post(*postings.for_adjustment(authorization, outcome, uncollected_minor=uncollected))
    _write(authorization, joined_ms, outcome)
    push_wallet(authorization.customer_id)
    if change < 0:
        funds_available.after_commit(customer_id=authorization.customer_id)
    return Adjusted(outcome, change, uncollected)


def _use_free_seconds(authorization: Authorization, joined_ms: int) -> Outcome:
    """The new bill, with what it uses of each package moved there (or back)."""
    parts = list(authorization.reservations.order_by("order"))
    packages = FreeMinutesPackage.objects.select_for_update().in_bulk([part.package_id for part in parts])
    reachable = [part for part in parts if _shorten(part, packages[part.package_id])]
    authorization.free_reserved_seconds = sum(part.seconds for part in reachable)
    outcome = authorization.bill_for(joined_ms)
    for part, used in zip(reachable, outcome.used_seconds, strict=True):
        package, more = packages[part.package_id], used - part.used_seconds
        from_remaining = min(more, package.seconds_remaining)
        package.seconds_remaining -= from_remaining
        package.seconds_expired -= more - from_remaining  # reserved while they were good, written off after
        package.seconds_used += more
        package.save(update_fields=["seconds_remaining", "seconds_expired", "seconds_used"])
        part.used_seconds = used
        part.save(update_fields=["used_seconds"])
    return outcome


def _shorten(part: Reservation, package: FreeMinutesPackage) -> bool:
    """Leave in the reservation what is still there of its seconds: others may have used some meanwhile."""
    within_reach = part.used_seconds + package.seconds_remaining + package.seconds_expired
    if within_reach == 0:
        part.delete()
        return False
    if within_reach < part.seconds:
        part.seconds = within_reach
        part.save(update_fields=["seconds"])
    return True


def _write(authorization: Authorization, joined_ms: int, outcome: Outcome) -> None:
    authorization.state = AuthorizationState.SETTLED
    authorization.joined_ms = joined_ms
    authorization.take_outcome(outcome)
    authorization.save()
