"""Refunds that nobody has to ask for: by a rule of the house, once for each thing sold, up to a sum a week for each customer."""

from datetime import timedelta
from math import ceil

from django.db.models import Sum

from billing import conf
from billing.ledger.models import Transaction
from billing.ledger.states import TransactionKind
from billing.models import Authorization
from billing.services.grant_free_minutes import grant_free_minutes
from billing.services.refund import refund_reference, refundable_minor
from billing.states import FundedBy
from core import clock
from core.db import transactional
from core.errors import DomainError

WEEK = timedelta(days=7)
RETURNED_FOR = timedelta(days=30)  # free minutes that are given back may be used for so long
_KEY = "fault"


@transactional
def refund_fault(authorization: Authorization, *, reason: str) -> int:
    """Give back all that a call came to, and the free minutes it used; how many cents. The platform pays, not the operator.

    Above what a customer gets by rule in a week, 0: that is for staff to look at. In the transaction that settled the call.
    """
    reference = authorization.reference
    _return_free_minutes(authorization, reason)
    charged_minor = refundable_minor(reference)
    if (
        not charged_minor
        or _by_rule_this_week(authorization.customer_id) + charged_minor > conf.fault_refunds_week_minor()
    ):
        return 0
    refund = refund_reference(
        reference=reference,
        reason=reason,
        claws_back=False,
        actor=None,
        idempotency_key=f"{_KEY}:{reference}",
    )
    return refund.amount_minor


def _by_rule_this_week(customer_id: int) -> int:
    refunds = Transaction.objects.filter(
        customer=customer_id,
        kind=TransactionKind.REFUND,
        created_at__gt=clock.now() - WEEK,
        idempotency_key__startswith=f"refund:{_KEY}:",
    )
    return refunds.aggregate(total=Sum("amount_minor"))["total"] or 0


def _return_free_minutes(authorization: Authorization, reason: str) -> None:
    """As a package of its own, for the same operator; not for an account that nobody can use."""
    used = authorization.outcome.free_used_seconds
    if not used:
        return
    try:
        grant_free_minutes(
            customer=authorization.customer,
            operator=authorization.operator,
            minutes=ceil(used / 60),
            expires_at=clock.now() + RETURNED_FOR,
            reason=reason,
            funded_by=FundedBy.PLATFORM,
            actor=None,
            idempotency_key=f"{_KEY}:{authorization.reference}",
        )
    except DomainError:  # closed meanwhile, or one person's two accounts
        return
