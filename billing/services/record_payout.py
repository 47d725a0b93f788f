"""Write into the books that an operator was paid outside (bank, cheque): what is owed becomes less."""

from django.contrib.auth.models import AbstractBaseUser

from billing import conf, staff_limits
from billing.earnings import held_minor
from billing.ledger import accounts
from billing.ledger.models import Account, Transaction
from billing.ledger.posting import Posted, Posting, Side, post
from billing.ledger.states import AccountKind, TransactionKind
from billing.staff_limits import Approval, Gift
from brands.selectors import require_not_paused
from brands.states import Service
from core import audit, clock, money
from core.db import transactional
from core.errors import Conflict, Invalid
from customers.own_account import refuse_own_account
from operators.models import Operator
from operators.standing import FOR_STAFF, work_obstacle


@transactional
def record_payout(
    *,
    operator: Operator,
    amount_minor: int,
    reason: str,
    actor: AbstractBaseUser,
    idempotency_key: str,
    approval: Approval | None = None,
) -> Posted:
    """Take `amount_minor` off what is owed; `reason` names the payment (a bank reference). Once for each key.

    Earnings that are held are not paid out, and nobody who may not work (`operators.standing`) is paid. Raises Invalid, NotAllowed
    `own_account`, Conflict `more_than_owed`, `earnings_held`, `too_young`, `no_document`, `document_expired`, `contract_unsigned`, Unavailable `paused`, ApprovalNeeded, Conflict `idempotency_conflict`.
    """
    require_not_paused(Service.PAYOUTS)
    reason = reason.strip()
    if not reason or len(reason) > 300:
        raise Invalid("Name the payment, in at most 300 characters: it is kept with the payout.")
    if not 1 <= amount_minor <= money.MAX_MINOR:
        raise Invalid("The amount must be more than zero.")
    refuse_own_account(actor, operator)
    payable_id = accounts.payable_id(operator_id=operator.pk, currency=conf.currency())
    payable = accounts.locked(payable_id)
    is_repeat = Transaction.objects.filter(idempotency_key=idempotency_key).exists()
    if not is_repeat and (obstacle := work_obstacle(operator, clock.now())):
        raise Conflict(FOR_STAFF[obstacle], code=obstacle)
    if not is_repeat and amount_minor > payable.balance_minor:
        owed = money.format_money(payable.balance_minor, payable.currency)
        raise Conflict(f"Only {owed} is owed.", code="more_than_owed")
    if not is_repeat:
        _refuse_held(payable, amount_minor)
    gift = Gift(amount_minor, operator=operator, is_owed=True)
    details = {} if is_repeat else staff_limits.check(actor, gift, approval)
    [posted] = post(
        Posting(
            kind=TransactionKind.PAYOUT,
            key=idempotency_key,
            amount_minor=amount_minor,
            currency=payable.currency,
            operator_id=operator.pk,
            description="Payout",
            actor_id=actor.pk,
            reason=reason,
            sides=(
                Side(-amount_minor, account_id=payable.pk),
                Side(amount_minor, kind=AccountKind.PAYOUT),
            ),
        )
    )
    if posted.is_new:
        audit.record(
            actor=actor, action="payable.payout", subject=operator, reason=reason, amount_minor=amount_minor,
            **details,
        )  # fmt: skip
    return posted


def _refuse_held(payable: Account, amount_minor: int) -> None:
    assert payable.operator_id is not None, "a payable is an operator's"
    held = held_minor(payable.operator_id)
    available = max(0, payable.balance_minor - held)
    if amount_minor > available:
        texts = [money.format_money(minor, payable.currency) for minor in (available, held)]
        raise Conflict("At most {} can be paid out: {} is held.".format(*texts), code="earnings_held")
