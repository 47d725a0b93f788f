"""An operator says where to be paid. A change waits, and every channel of theirs hears of it."""

from collections.abc import Mapping
from datetime import timedelta

from django.db.models import QuerySet

from billing import conf
from billing.domain_events import payout_account_changed
from billing.payouts.account_details import checked_details, digests, sealed
from billing.payouts.models import PayoutAccount
from core import audit, clock
from core.db import transactional
from core.errors import Conflict, NotFound
from operators.models import Operator


@transactional
def change_account(*, operator_id: int, method: str, given: Mapping[str, str]) -> PayoutAccount:
    """Keep the account; it takes effect after the wait, and instead of a change that was still waiting.

    Until then the one before is paid to. Raises Invalid with the `field`, Conflict `same_account`, `method_not_offered`.
    """
    details = checked_details(method, given)
    if method not in conf.payout_rules().methods:
        raise Conflict("We don’t pay in this way at the moment.", code="method_not_offered")
    operator = Operator.objects.select_for_update().select_related("user").get(pk=operator_id)
    at = clock.now()
    marks = digests(method, details)
    newest = _open(operator_id).order_by("-id").first()
    if newest is not None and bytes(newest.digest) in marks and newest.account_type == details.account_type:
        raise Conflict("This is the account that you gave us already.", code="same_account")
    _open(operator_id).filter(effective_at__gt=at).update(ended_at=at)
    account = PayoutAccount.objects.create(
        operator=operator,
        method=method,
        account_type=details.account_type,
        last_four=details.last_four,
        details=sealed(details),
        digest=marks[0],
        added_at=at,
        effective_at=at + timedelta(hours=conf.payout_rules().account_wait_hours),
    )
    audit.record(
        actor=operator.user,
        action="payout_account.change",
        subject=operator,
        account=account.pk,
        method=method,
    )
    payout_account_changed.tell(account=account, operator=operator)
    return account


@transactional
def withdraw_change(*, operator_id: int) -> None:
    """Undo a change that has not taken effect: the account before stays. Raises NotFound."""
    operator = Operator.objects.select_for_update().select_related("user").get(pk=operator_id)
    at = clock.now()
    if not _open(operator_id).filter(effective_at__gt=at).update(ended_at=at):
        raise NotFound("There is no change that waits.")
    audit.record(actor=operator.user, action="payout_account.withdraw", subject=operator)


def _open(operator_id: int) -> QuerySet[PayoutAccount]:
    return PayoutAccount.objects.filter(operator=operator_id, ended_at=None)
