"""What staff may change of a customer's standing, each time with a reason that is kept. A break and a limit are not among it."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser

from core import audit
from core.db import transactional
from core.errors import Conflict, Invalid, NotFound
from core.parse import checked_reason
from customers.domain_events import spending_rules_changed
from customers.models import Customer
from customers.own_account import refuse_own_account
from customers.services.access_requests import void_codes
from customers.states import AccessBasis

BY_STAFF = (AccessBasis.NONE, AccessBasis.IDENTITY)


@transactional
def reopen_account(*, customer_id: int, actor: AbstractBaseUser, reason: str) -> Customer:
    """Open a closed account again because its owner asked. A break that still runs goes on, limits stay.

    Raises Invalid (no reason), NotFound, NotAllowed `own_account`, Conflict `account_open`.
    """
    reason = checked_reason(reason)
    row = _locked(customer_id, actor)
    if row.closed_at is None:
        raise Conflict("This account isn’t closed.", code="account_open")
    before, row.closed_at = row.closed_at, None
    row.save(update_fields=["closed_at"])
    _record(row, "customer.reopen", actor, reason, changes={"closed_at": [before.isoformat(), None]})
    return row


@transactional
def set_access_basis(*, customer_id: int, basis: str, actor: AbstractBaseUser, reason: str) -> Customer:
    """Staff checked an identity document, or take the access away; `reason` says what was checked, and how.

    Once it is taken away, no payment and no code that was mailed before gives it back.
    Raises Invalid (no reason, another basis), NotFound, NotAllowed `own_account`, Conflict `unchanged`.
    """
    reason = checked_reason(reason)
    if basis not in BY_STAFF:
        raise Invalid("Choose one of the reasons listed.")
    row = _locked(customer_id, actor)
    before = row.adult_access_basis
    if before == basis:
        raise Conflict("That’s already the basis on record.", code="unchanged")
    row.adult_access_basis = basis
    row.save(update_fields=["adult_access_basis"])
    if not basis:
        void_codes(row)
    _record(row, "customer.access_basis", actor, reason, changes={"adult_access_basis": [before, basis]})
    return row


def _locked(customer_id: int, actor: AbstractBaseUser) -> Customer:
    row = Customer.objects.select_for_update().filter(pk=customer_id).first()
    if row is None:
        raise NotFound("Customer not found.")
    refuse_own_account(actor, row)
    return row


def _record(row: Customer, action: str, actor: AbstractBaseUser, reason: str, **details: Any) -> None:
    audit.record(actor=actor, action=action, subject=row, reason=reason, **details)
    spending_rules_changed.after_commit(customer_id=row.pk)
