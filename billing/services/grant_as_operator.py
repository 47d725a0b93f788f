"""An operator gives a customer free minutes, which earn them nothing, within what staff allow each month."""

from datetime import datetime, timedelta

from billing import conf
from billing.gift_budget import minutes_left_of
from billing.ledger import accounts
from billing.models import FreeMinutesPackage
from billing.services.grant_free_minutes import grant_free_minutes
from billing.states import FundedBy
from core import clock
from core.days import end_of_day
from core.db import transactional
from core.errors import LimitReached, NotAllowed
from customers.models import Customer
from operators.eligibility import Obstacle, refuse_one_person
from operators.models import Operator
from operators.selectors import is_blocked

VALID_FOR = timedelta(days=30)


@transactional
def grant_as_operator(
    *, operator: Operator, customer: Customer, minutes: int, idempotency_key: str
) -> FreeMinutesPackage:
    """Give `minutes` for calls to this operator, valid to the end of the 30th day where the customer lives; once for each `idempotency_key`.

    Raises Invalid, LimitReached `budget_used`, NotAllowed `blocked`, `own_account`. Locks the wallet, then the operator: two tabs cannot both spend the rest.
    """
    refusal = "You can’t give free minutes to this customer."
    if is_blocked(customer_id=customer.pk, operator_id=operator.pk):
        raise NotAllowed(refusal, code=Obstacle.BLOCKED)
    refuse_one_person(customer, operator, refusal)
    accounts.wallet(customer_id=customer.pk, currency=conf.currency())
    locked = Operator.objects.select_for_update().get(pk=operator.pk)
    at = clock.now()
    earlier = FreeMinutesPackage.objects.filter(idempotency_key=idempotency_key).first()
    if earlier is None and minutes > minutes_left(locked, at):
        raise LimitReached("That’s more than you can still give away this month.", code="budget_used")
    return grant_free_minutes(
        customer=customer,
        operator=operator,
        minutes=minutes,
        expires_at=earlier.expires_at if earlier else end_of_day(at + VALID_FOR, customer.user.time_zone),
        reason="A gift of the operator",
        funded_by=FundedBy.OPERATOR,
        actor=operator.user,
        idempotency_key=idempotency_key,
    )


def minutes_left(operator: Operator, at: datetime) -> int:
    """What the operator can still give away in this calendar month, where they live."""
    return minutes_left_of([operator], at)[operator.pk]
