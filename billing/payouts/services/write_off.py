"""What an operator's account is below zero won't be earned anymore: the platform bears it. A second person always decides."""

from django.contrib.auth.models import AbstractBaseUser

from billing import conf
from billing.ledger import accounts
from billing.ledger.models import Transaction
from billing.ledger.posting import Posted, post
from billing.payouts.postings import for_written_off
from billing.staff_limits import Approval, ApprovalNeeded, Gift
from core import audit
from core.db import transactional
from core.errors import Conflict
from core.parse import checked_reason
from customers.own_account import refuse_own_account
from operators.models import Operator


@transactional
def write_off(
    *,
    operator: Operator,
    amount_minor: int,
    reason: str,
    actor: AbstractBaseUser,
    idempotency_key: str,
    approval: Approval | None = None,
) -> Posted:
    """Take `amount_minor` off what the operator owes us, once for each key.

    Raises Invalid (no reason), NotAllowed `own_account`, Conflict `not_below_zero`, ApprovalNeeded without an approval.
    """
    reason = checked_reason(reason)
    refuse_own_account(actor, operator)
    payable_id = accounts.payable_id(operator_id=operator.pk, currency=conf.currency())
    payable = accounts.locked(payable_id)
    is_repeat = Transaction.objects.filter(idempotency_key=idempotency_key).exists()
    if not is_repeat and not 1 <= amount_minor <= -payable.balance_minor:
        raise Conflict("The account isn’t as far below zero as that.", code="not_below_zero")
    gift = Gift(amount_minor, operator=operator)
    if not is_repeat and (approval is None or approval.gift != gift):
        raise ApprovalNeeded("Someone else has to approve this.", gift)
    [posted] = post(
        for_written_off(
            operator_id=operator.pk, payable_id=payable_id, amount_minor=amount_minor,
            currency=payable.currency, actor_id=actor.pk, reason=reason, key=idempotency_key,
        )
    )  # fmt: skip
    if posted.is_new and approval is not None:
        audit.record(
            actor=actor, action="payable.write_off", subject=operator, reason=reason,
            amount_minor=amount_minor, **approval.record,
        )  # fmt: skip
    return posted
