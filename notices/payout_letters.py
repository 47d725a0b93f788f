"""Letters to an operator about payouts: where they are paid changed, and each payout that is on its way, paid, or came back.

A change goes to every confirmed address and every browser with notifications, so that whoever changed it from an open screen isn't the only one who knows.
"""

from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings

from billing import conf
from billing.domain_events import (
    outside_payout_returned,
    payout_account_changed,
    payout_approved,
    payout_paid,
    payout_returned,
)
from billing.ledger.models import Transaction
from billing.payouts.models import PayoutAccount, PayoutItem
from core.days import write_date
from core.money import format_money
from notices.letters import time_of
from notices.pages import OPERATOR_PAYOUTS, PAYOUT_ACCOUNT
from notices.services.enqueue import enqueue
from notices.services.operator_push import push_to_operator
from notices.states import NoticeKind
from operators.models import Operator


@payout_account_changed.listener
def _account_changed(*, account: PayoutAccount, operator: Operator) -> None:
    user = operator.user
    texts: dict[str, Any] = {
        "at": time_of(account.effective_at, user),
        "url": PAYOUT_ACCOUNT.url(host=settings.PORTAL_HOSTS[0]),
    }
    key = f"payout-account:{account.pk}"
    enqueue(NoticeKind.PAYOUT_ACCOUNT_CHANGED, recipient=user, key=key, **texts)
    others = EmailAddress.objects.filter(user=user, verified=True).exclude(email__iexact=user.email)
    for other in others.order_by("pk"):
        enqueue(
            NoticeKind.PAYOUT_ACCOUNT_CHANGED, recipient=user, address=other.email, key=f"{key}:{other.pk}", **texts
        )  # fmt: skip
    push_to_operator(NoticeKind.OPERATOR_ACCOUNT, user, event=str(account.pk), path=PAYOUT_ACCOUNT.path())


@payout_approved.listener
def _approved(*, item: PayoutItem) -> None:
    _enqueue(NoticeKind.PAYOUT_APPROVED, item)


@payout_paid.listener
def _paid(*, item: PayoutItem) -> None:
    assert item.paid_on is not None, "the bank named the day"
    _enqueue(NoticeKind.PAYOUT_PAID, item, day=write_date(item.paid_on))


@payout_returned.listener
def _returned(*, item: PayoutItem) -> None:
    _enqueue(NoticeKind.PAYOUT_RETURNED, item, reason=item.return_reason)


@outside_payout_returned.listener
def _outside_returned(*, payout: Transaction, reason: str) -> None:
    assert payout.operator is not None, "it was paid to somebody"
    key = f"outside:{payout.pk}"
    _tell(NoticeKind.PAYOUT_RETURNED, payout.operator, key, payout.amount_minor, reason=reason)


def _enqueue(kind: NoticeKind, item: PayoutItem, **texts: Any) -> None:
    _tell(kind, item.operator, str(item.pk), item.amount_minor, **texts)


def _tell(kind: NoticeKind, operator: Operator, key: str, amount_minor: int, **texts: Any) -> None:
    enqueue(
        kind,
        recipient=operator.user,
        key=f"{kind}:{key}",
        amount=format_money(amount_minor, conf.currency()),
        url=OPERATOR_PAYOUTS.url(host=settings.PORTAL_HOSTS[0]),
        **texts,
    )
