"""A second person approves a run: each operator's account is debited with what is payable then, or is left out and why."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser

from billing import conf
from billing.domain_events import payout_approved
from billing.ledger import accounts
from billing.ledger.posting import post
from billing.payouts.accounts import account_in_effect
from billing.payouts.balances import balance_since
from billing.payouts.maturity import books_day
from billing.payouts.models import PayoutItem, PayoutRun, TaxYear
from billing.payouts.obstacles import NOTHING, OWN_ACCOUNT, obstacle_of
from billing.payouts.postings import for_approved
from billing.payouts.states import ItemState, RunKind
from brands.selectors import require_not_paused
from brands.states import Service
from core import audit, clock
from core.db import transactional
from core.errors import Conflict, NotAllowed, NotFound
from core.money import BPS, round_half_up
from core.parse import checked_reason
from customers.own_account import is_own_account
from operators.tax_forms import newest


@dataclass(frozen=True, slots=True)
class Approved:
    """What came of it: items that were debited, and those that were left out, with their obstacles."""

    run: PayoutRun
    debited: list[PayoutItem]
    left_out: list[PayoutItem]


@transactional
def approve_run(*, run_id: int, reason: str, actor: AbstractBaseUser) -> Approved:
    """Debit every operator of the run, once. What was taken back since it was prepared is not paid; more isn't, either.

    Raises Invalid (no reason), NotFound, Unavailable `paused`, NotAllowed `own_request`, Conflict `already_decided`, `no_tax_year`.
    """
    require_not_paused(Service.PAYOUTS)
    reason = checked_reason(reason)
    run = lock_run(run_id)
    if run.approved_at is not None or run.canceled_at is not None:
        raise Conflict("This run has been decided already.", code="already_decided")
    at = clock.now()
    _refuse_preparer(run, actor, at)
    debited: list[PayoutItem] = []
    left_out: list[PayoutItem] = []
    items = run.items.select_for_update(of=("self",)).select_related("operator__user").order_by("operator")
    for item in items:
        (debited if _debit(item, run, actor, at) else left_out).append(item)
    run.approved_at, run.approved_by_id, run.approval_reason = at, actor.pk, reason
    run.save(update_fields=["approved_at", "approved_by", "approval_reason"])
    audit.record(
        actor=actor, action="payout_run.approve", subject=run, reason=reason,
        amount_minor=sum(item.amount_minor for item in debited), items=len(debited), left_out=len(left_out),
    )  # fmt: skip
    for item in debited:
        payout_approved.tell(item=item)
    return Approved(run, debited, left_out)


@transactional
def cancel_run(*, run_id: int, reason: str, actor: AbstractBaseUser) -> PayoutRun:
    """Give a run up that nobody approved; nothing was debited. Raises Invalid (no reason), NotFound, Conflict `already_decided`."""
    reason = checked_reason(reason)
    run = lock_run(run_id)
    if run.approved_at is not None or run.canceled_at is not None:
        raise Conflict("This run has been decided already.", code="already_decided")
    run.canceled_at = clock.now()
    run.save(update_fields=["canceled_at"])
    audit.record(actor=actor, action="payout_run.cancel", subject=run, reason=reason)
    return run


def lock_run(run_id: int) -> PayoutRun:
    """The run, until the end of the transaction. Raises NotFound."""
    run = PayoutRun.objects.select_for_update().filter(pk=run_id).first()
    if run is None:
        raise NotFound("There is no such run.")
    return run


def _refuse_preparer(run: PayoutRun, actor: AbstractBaseUser, at: datetime) -> None:
    is_alone = run.alone_after is not None and at >= run.alone_after
    if run.prepared_by_id == actor.pk and not is_alone:
        raise NotAllowed("Someone else has to approve what you prepared.", code="own_request")


def _debit(item: PayoutItem, run: PayoutRun, actor: AbstractBaseUser, at: datetime) -> bool:
    """Post one item under the lock of the operator's account; False, with the obstacle kept, if nothing is paid."""
    currency = conf.currency()
    payable_id = accounts.payable_id(operator_id=item.operator_id, currency=currency)
    accounts.locked(payable_id)
    balance = balance_since(item.operator_id, run.held_back_since)
    total_minor = min(item.debited_minor, balance.payable_minor)
    least_minor = item.fee_minor + 1 if run.kind == RunKind.ON_REQUEST else None
    account = account_in_effect(item.operator_id, at)
    obstacle = obstacle_of(item.operator, total_minor, at, least_minor=least_minor, account=account)
    if is_own_account(actor, item.operator):
        obstacle = OWN_ACCOUNT
    if obstacle or account is None:
        item.obstacle = obstacle or NOTHING
        item.save(update_fields=["obstacle"])
        return False
    earned_minor = total_minor - item.fee_minor
    item.withheld_minor = _withheld(item, earned_minor, at)
    item.amount_minor = earned_minor - item.withheld_minor
    item.obstacle, item.method, item.account = "", account.method, account
    item.state, item.approved_at = ItemState.APPROVED, at
    item.save()
    post(*for_approved(item, payable_id=payable_id, currency=currency, actor_id=actor.pk))
    return True


def _withheld(item: PayoutItem, amount_minor: int, at: datetime) -> int:
    """Backup withholding, where the tax form says so, by the year's rate."""
    form = newest(item.operator.user_id)
    if form is None or not form.has_withholding:
        return 0
    year = TaxYear.objects.filter(year__lte=books_day(at).year).order_by("-year").first()
    if year is None:
        raise Conflict("Enter a tax year with its backup withholding first.", code="no_tax_year")
    return round_half_up(amount_minor * year.withholding_bps, BPS)
