"""Staff read where a check or a transfer to a wallet goes, while it has to be sent."""

from django.contrib.auth.models import AbstractBaseUser

from billing.payouts.account_details import Details, opened
from billing.payouts.services.return_item import lock_item
from billing.payouts.states import FORMAT_OF, ItemState
from core import audit
from core.db import transactional
from core.errors import Conflict
from core.parse import checked_reason
from customers.own_account import refuse_own_account


@transactional
def read_address(*, item_id: int, reason: str, actor: AbstractBaseUser) -> Details:
    """Name and address, or wallet, on record. What is in the bank's file isn't shown.

    Raises Invalid (no reason), NotFound, NotAllowed `own_account`, Conflict `not_to_send`.
    """
    reason = checked_reason(reason)
    item = lock_item(item_id)
    refuse_own_account(actor, item.operator)
    if item.state != ItemState.APPROVED or item.method in FORMAT_OF or item.account is None:
        raise Conflict("This payout isn’t sent by hand, or it was sent already.", code="not_to_send")
    audit.record(actor=actor, action="payout_account.read", subject=item, reason=reason)
    return opened(item.account)
