"""What the pages of adding funds show of an operator who may wait meanwhile: a reservation, its countdown, or the way to one."""

from dataclasses import dataclass
from datetime import datetime
from math import ceil

from billing.selectors import quote
from brands.models import Brand
from core import clock
from core.push import time_sequence
from customers.models import Customer
from operators.models import Operator
from operators.pages import PROFILE
from telephony.models import Reservation
from telephony.services.reserve_operator import may_reserve, open_reservation


@dataclass(frozen=True, slots=True)
class ReserveBox:
    """`reservation` is the customer's own of this operator; `may_call`: the money is there. Without either nothing is shown."""

    operator: Operator
    sequence: int
    at: datetime
    reservation: Reservation | None = None
    may_call: bool = False
    may_reserve: bool = False

    @property
    def server_time_ms(self) -> int:
        return round(self.at.timestamp() * 1000)

    @property
    def url(self) -> str:
        """The page from which the operator is called."""
        return PROFILE.path(self.operator.slug)

    @property
    def starts_ms(self) -> int:
        """Where the timer counts from."""
        assert self.reservation is not None
        return round(self.reservation.created_at.timestamp() * 1000)

    @property
    def length_seconds(self) -> int:
        assert self.reservation is not None
        return int((self.reservation.ends_at - self.reservation.created_at).total_seconds())

    @property
    def seconds_left(self) -> int:
        assert self.reservation is not None
        return max(0, ceil((self.reservation.ends_at - self.at).total_seconds()))


def reserve_box(customer: Customer, operator: Operator, brand: Brand) -> ReserveBox:
    """As things stand now."""
    sequence, at = time_sequence(), clock.now()
    reservation = open_reservation(customer, at)
    if reservation is None or reservation.operator_id != operator.pk:
        return ReserveBox(operator, sequence, at, may_reserve=may_reserve(customer, operator, brand))
    may_call = quote(customer, operator, brand).may_start
    return ReserveBox(operator, sequence, at, reservation=reservation, may_call=may_call)


def box_of_reserved(customer: Customer, brand: Brand) -> ReserveBox | None:
    """The same for whom the customer has reserved, if anybody."""
    reservation = open_reservation(customer, clock.now())
    return reserve_box(customer, reservation.operator, brand) if reservation else None
