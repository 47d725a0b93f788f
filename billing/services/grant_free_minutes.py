"""Give a customer free minutes with one operator, or with any."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import AbstractBaseUser

from billing import conf, staff_limits
from billing.ledger import accounts
from billing.models import FreeMinutesPackage
from billing.push import push_wallet
from billing.staff_limits import Approval, Gift
from billing.states import FundedBy
from core import audit, clock
from core.db import transactional
from core.errors import Conflict, Invalid
from core.parse import checked_reason
from customers.models import Customer
from customers.own_account import refuse_own_account
from customers.selectors import refuse_closed_account, refuse_excluded
from operators.eligibility import refuse_one_person
from operators.models import Operator

REPEATED_WITHIN = timedelta(hours=1)


@transactional
def grant_free_minutes(
    *,
    customer: Customer,
    operator: Operator | None,
    minutes: int,
    expires_at: datetime,
    reason: str,
    funded_by: FundedBy = FundedBy.PLATFORM,
    covers_fee: bool = False,
    is_first_minutes: bool = False,
    actor: AbstractBaseUser | None,
    idempotency_key: str,
    approval: Approval | None = None,
) -> FreeMinutesPackage:
    """Give `minutes` that may be used until `expires_at`, and write down who gave them and why.

    Once for each `idempotency_key`: a repeat returns the package of the first time, another grant under the same key
    raises Conflict. `covers_fee`: a call that uses them first has no connection fee. Raises Invalid, NotAllowed (one person's accounts, one's own, `self_excluded`), ApprovalNeeded, Conflict `account_closed`. Minutes that an operator funds are for calls to that operator.
    """
    paid_operator = operator if funded_by == FundedBy.PLATFORM else None
    refuse_own_account(actor, customer, paid_operator)
    accounts.wallet(customer_id=customer.pk, currency=conf.currency())  # its lock puts repeats in a row
    package = FreeMinutesPackage(
        customer=customer,
        operator=operator,
        seconds_granted=minutes * 60,
        seconds_remaining=minutes * 60,
        funded_by=funded_by,
        covers_fee=covers_fee,
        is_first_minutes=is_first_minutes,
        reason=reason.strip(),
        granted_by_id=actor.pk if actor else None,
        granted_at=clock.now(),
        expires_at=expires_at,
        idempotency_key=idempotency_key,
    )
    earlier = FreeMinutesPackage.objects.filter(idempotency_key=idempotency_key).first()
    if earlier is not None:
        return _same(earlier, package)
    _check(package, minutes)
    if operator is not None:
        refuse_one_person(
            customer,
            operator,
            "These two accounts belong to the same person, so they can’t give each other free minutes.",
        )
    refuse_closed_account(customer)
    refuse_excluded(customer, "This customer can't be given free minutes.")
    gift = Gift(seconds=minutes * 60, customer=customer, operator=paid_operator)
    details = staff_limits.check(actor, gift, approval)
    package.save(force_insert=True)
    record_package(package, actor, **details)
    push_wallet(customer.pk)
    return package


def record_package(package: FreeMinutesPackage, actor: AbstractBaseUser | None, **details: Any) -> None:
    """Keep on record what was given, by whom, and why."""
    audit.record(
        actor=actor,
        action="free_minutes.grant",
        subject=package.customer,
        reason=package.reason,
        package=package.pk,
        minutes=package.seconds_granted // 60,
        operator=package.operator_id,
        funded_by=str(package.funded_by),
        covers_fee=package.covers_fee,
        expires_at=package.expires_at.isoformat(),
        **details,
    )


def _check(package: FreeMinutesPackage, minutes: int) -> None:
    if not 1 <= minutes <= conf.MAX_GRANT_MINUTES:
        raise Invalid(f"Minutes: a whole number from 1 to {conf.MAX_GRANT_MINUTES}.")
    package.reason = checked_reason(package.reason, "it is kept with the free minutes")
    if package.expires_at <= package.granted_at:
        raise Invalid("They must expire in the future.")
    if package.funded_by == FundedBy.OPERATOR and package.operator is None:
        raise Invalid("Minutes funded by an operator must be for that operator.")


def _same(earlier: FreeMinutesPackage, package: FreeMinutesPackage) -> FreeMinutesPackage:
    """A span like +30d counts from when it is read, so the expiry of a repeat may lie a little later."""
    fields = ("customer_id", "operator_id", "seconds_granted", "funded_by", "covers_fee", "reason")
    is_other = any(getattr(earlier, name) != getattr(package, name) for name in fields)
    if is_other or abs(earlier.expires_at - package.expires_at) > REPEATED_WITHIN:
        raise Conflict("This key was used before for other free minutes.", code="idempotency_conflict")
    return earlier
