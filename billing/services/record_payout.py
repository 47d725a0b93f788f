"""Write into the books that an operator was paid outside of a run (bank, check): what is owed becomes less."""

from datetime import date

from django.contrib.auth.models import AbstractBaseUser

from billing import conf, staff_limits
from billing.earnings import held_minor
from billing.ledger import accounts
from billing.ledger.models import Transaction
from billing.ledger.posting import Posted, Posting, Side, post
from billing.ledger.states import AccountKind, TransactionKind
from billing.payouts.balances import balance_of
from billing.payouts.maturity import books_day
from billing.payouts.models import OutsidePayout
from billing.staff_limits import Approval, Gift
from brands.selectors import require_not_paused
from brands.states import Service
from core import audit, clock, money
from core.db import transactional
from core.errors import Conflict, Invalid
from customers.own_account import refuse_own_account
from operators.models import Operator
from operators.standing import FOR_STAFF, payout_obstacle
from operators.tax_forms import newest


@transactional
def record_payout(
    *,
    operator: Operator,
    amount_minor: int,
    reason: str,
    actor: AbstractBaseUser,
    idempotency_key: str,
    paid_on: date | None = None,
    is_early: bool = False,
    approval: Approval | None = None,
) -> Posted:
    """Take `amount_minor` off what is owed; `reason` names the payment (a bank reference). Once for each key.

    `paid_on` (today, if it isn't said) is the day it reached the operator: it counts in that tax year. At most what is payable, or with
    `is_early` what is owed and not held: then `reason` says why, too. Who may not work or has no tax form isn't paid, nor whom taxes are
    withheld from, which a run does. Raises Invalid, NotAllowed `own_account`, Unavailable `paused`, ApprovalNeeded, and Conflict
    `more_than_owed`, `earnings_held`, `not_payable_yet`, `withholding_due`, an obstacle of `operators.standing`, `idempotency_conflict`.
    """
    require_not_paused(Service.PAYOUTS)
    today = books_day(clock.now())
    reason, paid_on = _checked_reason(reason), today if paid_on is None else paid_on
    if not 1 <= amount_minor <= money.MAX_MINOR:
        raise Invalid("The amount must be more than zero.")
    if paid_on > today:
        raise Invalid("That’s in the future.", field="paid_on")
    refuse_own_account(actor, operator)
    payable_id = accounts.payable_id(operator_id=operator.pk, currency=conf.currency())
    payable = accounts.locked(payable_id)
    is_repeat = Transaction.objects.filter(idempotency_key=idempotency_key).exists()
    if not is_repeat:
        _refuse_obstacle(operator)
        _refuse_more(operator, amount_minor, today, is_early=is_early)
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
        OutsidePayout.objects.create(transaction_id=posted.transaction_id, paid_on=paid_on, is_early=is_early)
        audit.record(
            actor=actor, action="payable.payout", subject=operator, reason=reason, amount_minor=amount_minor,
            paid_on=paid_on.isoformat(), is_early=is_early, **details,
        )  # fmt: skip
    return posted


def _checked_reason(reason: str) -> str:
    stated = reason.strip()
    if not stated or len(stated) > 300:
        raise Invalid("Name the payment, in at most 300 characters: it is kept with the payout.")
    return stated


def _refuse_obstacle(operator: Operator) -> None:
    if obstacle := payout_obstacle(operator, clock.now()):
        raise Conflict(FOR_STAFF[obstacle], code=obstacle)
    form = newest(operator.user_id)
    if form is not None and form.has_withholding:
        raise Conflict(
            "Part of their pay is withheld for taxes. Pay them in a run, which does that.", code="withholding_due"
        )  # fmt: skip


def _refuse_more(operator: Operator, amount_minor: int, today: date, *, is_early: bool) -> None:
    """Needs the lock of the operator's account."""
    parts, held = balance_of(operator.pk, today), held_minor(operator.pk)
    available = max(0, parts.balance_minor - held)
    owed_text, held_text, available_text, payable_text = (
        money.format_money(minor, conf.currency())
        for minor in (parts.balance_minor, held, available, parts.payable_minor)
    )
    if amount_minor > parts.balance_minor:
        raise Conflict(f"Only {owed_text} is owed.", code="more_than_owed")
    if amount_minor > available:
        raise Conflict(
            f"At most {available_text} can be paid out: {held_text} is held.", code="earnings_held"
        )
    if amount_minor > parts.payable_minor and not is_early:
        raise Conflict(
            f"Only {payable_text} is payable yet. Say so if you paid more than that.", code="not_payable_yet"
        )
