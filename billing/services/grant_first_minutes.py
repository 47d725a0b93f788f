"""Give a new caller the free first minutes of an operator: once for each pair, within her budget. Called by `authorize` alone."""

from billing.first_minutes import VALID_FOR, key_of, promised_seconds
from billing.models import FreeMinutesPackage
from billing.services.grant_free_minutes import grant_free_minutes
from billing.states import FundedBy
from core import clock
from core.days import end_of_day
from core.db import transactional
from customers.models import Customer
from operators.models import Operator


@transactional
def grant_first_minutes(*, customer: Customer, operator: Operator) -> FreeMinutesPackage | None:
    """What `first_minutes` promises, in the caller's transaction, which has locked the wallet; None if nothing is promised.

    Locks the operator for the budget, after the wallet, as a gift of hers does: two who call or are given minutes at once can't
    both have the last.
    """
    if not promised_seconds(customer, operator, clock.now()):
        return None
    locked = Operator.objects.select_for_update(no_key=True).select_related(None).get(pk=operator.pk)
    at = clock.now()
    seconds = promised_seconds(customer, locked, at)
    if not seconds:
        return None
    return grant_free_minutes(
        customer=customer,
        operator=locked,
        minutes=seconds // 60,
        expires_at=end_of_day(at + VALID_FOR, customer.user.time_zone),
        reason="First minutes of a new caller",
        funded_by=FundedBy.OPERATOR,
        is_first_minutes=True,
        actor=locked.user,
        idempotency_key=key_of(customer.pk, locked.pk),
    )
