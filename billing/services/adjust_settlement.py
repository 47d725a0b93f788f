"""Put a settlement right afterwards: what was presumed (a phone system nobody heard from) turned out otherwise.

The difference is posted once, as an adjustment; the authorization then says what a settlement by the true joined time
would have said, so that receipt, statement and audit keep agreeing. Refunds are given again on the corrected bill: what was
given back in full stays so, and nobody gets back more than was charged.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from billing import postings
from billing.domain_events import charge_lowered, funds_available
from billing.ledger import accounts
from billing.ledger.models import Transaction
from billing.ledger.posting import Posted, Posting, post
from billing.models import Authorization, FreeMinutesPackage, Reservation
from billing.outcome import Outcome
from billing.push import push_wallet
from billing.refundable import Amounts, GivenBack, Line, bill_lines, borne_minor, corrected
from billing.states import AuthorizationState
from core import audit
from core.db import transactional
from core.errors import Conflict, NotFound

_AGAIN = "The call was corrected; this is the refund on what it came to."


@dataclass(frozen=True, slots=True)
class Adjusted:
    """The outcome as it is now. In minor units: by how much what the customer pays changed, refunds included, and what the
    wallet could not pay of it.
    """

    outcome: Outcome
    change_minor: int
    uncollected_minor: int


@transactional
def adjust_settlement(*, authorization_id: int, joined_ms: int) -> Adjusted:
    """Charge as if the call had been settled for `joined_ms` (at least 1), never beyond its grant.

    What the customer owes more is taken from what they have available; the platform bears the rest, the operator gets all
    of theirs. A call that was refunded in full costs its customer no more; of one that was refunded in part, no more than
    it costs is given back. Free seconds that went back meanwhile are used again as far as they are still there. Once for each
    authorization: the same `joined_ms` again changes nothing, another one raises Conflict `adjusted_before`. Raises
    NotFound, and Conflict `still_running`.
    """
    joined_ms = max(joined_ms, 1)
    authorization = Authorization.objects.select_for_update().filter(pk=authorization_id).first()
    if authorization is None:
        raise NotFound("Authorization not found.")
    if authorization.state == AuthorizationState.OPEN:
        raise Conflict("The call is still running.", code="still_running")
    if authorization.joined_ms == joined_ms:
        return Adjusted(authorization.bill_for(joined_ms), 0, 0)
    if Transaction.objects.filter(idempotency_key__in=postings.adjustment_keys(authorization)).exists():
        raise Conflict("This call was adjusted before.", code="adjusted_before")
    wallet = accounts.locked(authorization.wallet_id)

    lines = bill_lines(authorization.reference)  # after the wallet's lock: refunds wait for it, too
    outcome = _use_free_seconds(authorization, joined_ms)
    change = outcome.cost_minor - authorization.charged_minor
    operator_change, tax_change = _parts_change(authorization, outcome)
    paid_again = _refunds_again(lines, (change, operator_change, tax_change))
    change_net = change - sum(given.amount_minor for _, again in paid_again for given in again)
    change_net += sum(line.refunded_minor for line in lines)
    uncollected = max(0, change_net - max(0, wallet.available_minor))
    if change_net < 0:  # what the platform bore of the bill comes back before anything is given back
        uncollected = -min(borne_minor(authorization.reference), -change_net)
    if uncollected:
        paid_again = _refunds_again(lines, (change - uncollected, operator_change, tax_change))
    changed = [(line, again) for line, again in paid_again if list(line.past()) != again]
    # Refunds are taken back first, so that what is given back restores the kinds of money that were spent on the whole bill.
    before = [
        *_refunds_taken_back(authorization, changed),
        *postings.for_adjustment(authorization, outcome, uncollected_minor=uncollected),
    ]
    refunds = list(_refund_postings(authorization, changed))
    rows = post(*before, *(posting for posting, _ in refunds))
    _record_platforms(authorization, refunds, rows[len(before) :])
    _write(authorization, joined_ms, outcome)
    push_wallet(authorization.customer_id)
    if change_net < 0:
        charge_lowered.tell(authorization=authorization, returned_minor=-change_net)
        funds_available.after_commit(customer_id=authorization.customer_id)
    return Adjusted(outcome, change_net, uncollected)


def _parts_change(authorization: Authorization, outcome: Outcome) -> tuple[int, int]:
    """By how much the operator's part of what is charged changes, and the tax in it."""
    before_minor = authorization.operator_minor - authorization.promo_minor
    operator_minor = outcome.operator_minor - outcome.promo_minor
    return operator_minor - before_minor, outcome.tax_minor - authorization.outcome.tax_minor


def _refunds_again(lines: Sequence[Line], change: Amounts) -> list[tuple[Line, list[GivenBack]]]:
    """What was given back of each part of the bill as it is on the corrected bill."""
    before = [(line.amount_minor, line.operator_minor, line.tax_minor) for line in lines]
    after = corrected(before, change)
    return [(line, line.again(*amounts)) for line, amounts in zip(lines, after, strict=True)]


def _refunds_taken_back(
    authorization: Authorization, changed: Sequence[tuple[Line, Sequence[GivenBack]]]
) -> Iterator[Posting]:
    """Undo the refunds of each part of the bill whose refunds are no longer right."""
    wallet_id, payable_id = authorization.wallet_id, authorization.payable_id
    for line, _ in changed:
        for refund in line.refunds:
            yield postings.for_refund_taken_back(
                refund,
                jurisdiction=authorization.tax_jurisdiction,
                wallet_id=wallet_id,
                payable_id=payable_id,
            )


def _refund_postings(
    authorization: Authorization, changed: Sequence[tuple[Line, Sequence[GivenBack]]]
) -> Iterator[tuple[Posting, bool]]:
    """Give the refunds of each of these parts again; whether the platform alone pays."""
    wallet_id, payable_id = authorization.wallet_id, authorization.payable_id
    for line, again in changed:
        for number, given in enumerate(again):
            posting = postings.for_refund(
                line.row,
                given.parts,
                tax_minor=given.tax_minor,
                jurisdiction=authorization.tax_jurisdiction,
                key=f"refund-again:{line.row.pk}:{number}",
                wallet_id=wallet_id,
                payable_id=payable_id,
                actor_id=None,
                reason=_AGAIN,
            )
            yield posting, not given.claws_back


def _record_platforms(
    authorization: Authorization, refunds: Sequence[tuple[Posting, bool]], rows: Sequence[Posted]
) -> None:
    """Keep on record which refunds the platform alone paid: the audit needs it, and the books do not say."""
    ids = [row.transaction_id for (_, by_platform), row in zip(refunds, rows, strict=True) if by_platform]
    if ids:
        audit.record(
            actor=None, action="transaction.refund_again", subject=authorization, reason=_AGAIN,
            claws_back=False, transactions=ids,
        )  # fmt: skip


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
