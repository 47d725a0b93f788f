"""What was sent came back, or won't be sent: it is the operator's again, and payable with what follows."""

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser

from billing import conf
from billing.domain_events import payout_returned
from billing.ledger import accounts
from billing.ledger.posting import post
from billing.payouts.models import PayoutItem
from billing.payouts.postings import for_returned
from billing.payouts.states import ItemState, Method, may_follow
from core import audit, clock
from core.db import transactional
from core.errors import Conflict, NotFound
from core.parse import checked_reason
from customers.own_account import refuse_own_account


@transactional
def return_item(*, item_id: int, reason: str, actor: AbstractBaseUser) -> PayoutItem:
    """Credit the operator again with all that the item debited, once. `reason`: the bank's, as in "R03, no account".

    Raises Invalid (no reason), NotFound, NotAllowed `own_account`, Conflict `not_debited`.
    """
    reason = checked_reason(reason)
    item = lock_item(item_id)
    refuse_own_account(actor, item.operator)
    put_back(item, reason=reason, actor=actor, at=clock.now())
    return item


def put_back(item: PayoutItem, *, reason: str, actor: AbstractBaseUser, at: datetime) -> None:
    """The same with the item locked."""
    if not may_follow(ItemState(item.state), ItemState.RETURNED, Method(item.method)):
        raise Conflict("This payout isn’t on its way, and it wasn’t paid.", code="not_debited")
    currency = conf.currency()
    payable_id = accounts.payable_id(operator_id=item.operator_id, currency=currency)
    accounts.locked(payable_id)
    post(*for_returned(item, payable_id=payable_id, currency=currency, actor_id=actor.pk, reason=reason))
    item.state, item.returned_at, item.return_reason = ItemState.RETURNED, at, reason
    item.save(update_fields=["state", "returned_at", "return_reason"])
    audit.record(
        actor=actor, action="payout_item.return", subject=item, reason=reason, amount_minor=item.amount_minor
    )
    payout_returned.tell(item=item)


def lock_item(item_id: int) -> PayoutItem:
    """The item, until the end of the transaction. Raises NotFound."""
    rows = PayoutItem.objects.select_for_update(of=("self",)).select_related("operator__user", "run")
    item = rows.filter(pk=item_id).exclude(method="").first()
    if item is None:
        raise NotFound("There is no such payout.")
    return item
