"""Call a customer's phone because they asked for that before: the ordinary call, with all its checks, as if they had clicked."""

import logging

from brands.models import Brand
from core import clock
from core.errors import DomainError
from customers.models import Customer
from operators.models import Operator
from operators.pricing import rate_minor
from telephony.services.initiate import initiate

log = logging.getLogger(__name__)


def costs_more(operator: Operator, *, rate: int, fee: int) -> bool:
    """Whether a call costs more now than what the customer saw when they asked (cents)."""
    return rate_minor(operator, clock.now()) > rate or operator.connect_fee_minor > fee


def ring_customer(
    *, customer: Customer, operator: Operator, brand: Brand, key: str, first_seconds: int = 0
) -> bool:
    """Whether their phone is called now. A repeat with the same key is the same call; what forbids one is logged.

    `first_seconds`: the free first minutes that they were promised when they asked.
    """
    try:
        initiate(
            customer=customer,
            operator_id=operator.pk,
            brand=brand,
            idempotency_key=key,
            expected_first_seconds=first_seconds,
        )
    except DomainError as error:
        log.info("%s: the phone was not called: %s", key, error.error_code)
        return False
    return True
