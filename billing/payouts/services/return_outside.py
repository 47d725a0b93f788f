"""A payout that was made outside of a run came back (a bounced check, a transfer that a wallet refused): it is the operator's again."""

from django.contrib.auth.models import AbstractBaseUser

from billing.domain_events import outside_payout_returned
from billing.ledger import accounts
from billing.ledger.models import Transaction
from billing.ledger.posting import Posted, post
from billing.payouts.maturity import books_day
from billing.payouts.outside import made_outside, return_of
from billing.payouts.postings import for_outside_returned
from core import audit
from core.db import transactional
from core.errors import Conflict, NotFound
from core.parse import checked_reason
from customers.own_account import refuse_own_account


@transactional
def return_outside(*, transaction_id: int, reason: str, actor: AbstractBaseUser) -> Posted:
    """Credit the operator again with all of it, once. `reason` says why it came back; the operator reads it.

    Raises Invalid (no reason), NotFound (no payout, or one of a run), NotAllowed `own_account`, Conflict `returned_before`.
    """
    reason = checked_reason(reason, "the operator reads it")
    payout = made_outside().select_related("operator__user").filter(pk=transaction_id).first()
    if payout is None or payout.operator is None:
        raise NotFound("There is no such payout.")
    refuse_own_account(actor, payout.operator)
    payable_id = accounts.payable_id(operator_id=payout.operator.pk, currency=payout.currency)
    accounts.locked(payable_id)  # of two returns the second finds the first
    _refuse_returned(payout)
    [posted] = post(for_outside_returned(payout, payable_id=payable_id, actor_id=actor.pk, reason=reason))
    audit.record(
        actor=actor, action="payable.payout_return", subject=payout.operator, reason=reason,
        amount_minor=payout.amount_minor, transaction=payout.pk,
    )  # fmt: skip
    outside_payout_returned.tell(payout=payout, reason=reason)
    return posted


def _refuse_returned(payout: Transaction) -> None:
    if (back := return_of(payout)) is not None:
        raise Conflict(
            f"This payout was returned before, on {books_day(back.created_at):%Y-%m-%d}: {back.reason}",
            code="returned_before",
        )
