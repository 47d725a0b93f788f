"""The bank has sent it: out of transit and out of the bank."""

from datetime import date

from django.contrib.auth.models import AbstractBaseUser

from billing import conf
from billing.domain_events import payout_paid
from billing.ledger.posting import post
from billing.payouts.maturity import books_day
from billing.payouts.models import PayoutFile, PayoutItem
from billing.payouts.postings import for_paid
from billing.payouts.services.approve_run import lock_run
from billing.payouts.services.return_item import lock_item
from billing.payouts.states import FORMAT_OF, ItemState, Method, may_follow
from core import audit, clock
from core.db import transactional
from core.errors import Conflict, Invalid, NotFound
from customers.own_account import refuse_own_account

_MAX_REFERENCE = 80


@transactional
def mark_paid(*, item_id: int, paid_on: date, bank_reference: str, actor: AbstractBaseUser) -> PayoutItem:
    """One payout was paid: by check, by wallet, or as a line of the file. Once.

    Raises Invalid with the `field`, NotFound, NotAllowed `own_account`, Conflict `not_in_transit`.
    """
    item = lock_item(item_id)
    _pay(item, paid_on, _checked(bank_reference, paid_on, item), actor)
    return item


@transactional
def mark_file_paid(*, file_id: int, paid_on: date, bank_reference: str, actor: AbstractBaseUser) -> int:
    """Everything of the file that isn't paid or returned; how many. Raises as `mark_paid`, for the first that is refused."""
    file = PayoutFile.objects.filter(pk=file_id).first()
    if file is None:
        raise NotFound("There is no such file.")
    run = lock_run(file.run_id)
    methods = [method for method, known in FORMAT_OF.items() if known == file.format]
    rows = run.items.select_for_update(of=("self",)).select_related("operator__user", "run")
    count = 0
    for item in rows.filter(state=ItemState.EXPORTED, method__in=methods).order_by("pk"):
        _pay(item, paid_on, _checked(bank_reference, paid_on, item), actor)
        count += 1
    return count


def _checked(bank_reference: str, paid_on: date, item: PayoutItem) -> str:
    text = " ".join(bank_reference.split())
    if not 1 <= len(text) <= _MAX_REFERENCE:
        raise Invalid(
            "Enter the bank’s reference, the number of the check, or the like.", field="bank_reference"
        )
    if item.approved_at is not None and paid_on < books_day(item.approved_at):
        raise Invalid("That’s before it was approved.", field="paid_on")
    if paid_on > books_day(clock.now()):
        raise Invalid("That’s in the future.", field="paid_on")
    return text


def _pay(item: PayoutItem, paid_on: date, bank_reference: str, actor: AbstractBaseUser) -> None:
    refuse_own_account(actor, item.operator)
    if not may_follow(ItemState(item.state), ItemState.PAID, Method(item.method)):
        raise Conflict("This payout isn’t on its way.", code="not_in_transit")
    post(for_paid(item, currency=conf.currency(), actor_id=actor.pk, bank_reference=bank_reference))
    item.state, item.paid_at, item.paid_on, item.bank_reference = (
        ItemState.PAID,
        clock.now(),
        paid_on,
        bank_reference,
    )
    item.save(update_fields=["state", "paid_at", "paid_on", "bank_reference"])
    audit.record(
        actor=actor, action="payout_item.pay", subject=item, reason=bank_reference,
        amount_minor=item.amount_minor, paid_on=paid_on.isoformat(),
    )  # fmt: skip
    payout_paid.tell(item=item)
