"""Somebody becomes a customer: the account, an alias, and what they agreed to, in one transaction."""

from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo

from brands.models import Brand
from core import audit, clock
from core.db import transactional
from core.errors import NotAllowed
from customers.aliases import new_alias
from customers.legal import Agreement, Origin
from customers.models import Customer, User
from customers.services.agree import agree
from customers.services.follow_person import follow_erased

ADULT_YEARS = 18


class TooYoung(NotAllowed):
    """Not 18 yet."""

    code = "too_young"


def age_on(day: date, born_on: date) -> int:
    """Whole years on `day`. Who was born on 29 February is a year older on 1 March."""
    return day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))


@transactional
def sign_up(
    *, user: User, brand: Brand, born_on: date, agreements: Sequence[Agreement], origin: Origin
) -> Customer:
    """Make `user` a customer of `brand`, who said to be an adult and agreed to the terms. Raises TooYoung.

    Somebody who was erased keeps a break, a limit, and blocks. The day is that of the user's time zone. Consents keep the texts that were shown.
    """
    today = clock.now().astimezone(ZoneInfo(user.time_zone)).date()
    if age_on(today, born_on) < ADULT_YEARS:
        raise TooYoung(f"You must be {ADULT_YEARS} or older.")
    customer = Customer.objects.create(user=user, alias=new_alias(), home_brand=brand, born_on=born_on)
    follow_erased(customer)
    agree(customer=customer, brand=brand, agreements=agreements, origin=origin)
    editions = {str(agreement.kind): agreement.edition for agreement in agreements}
    audit.record(actor=user, action="customer.sign_up", subject=customer, brand=brand.slug, editions=editions)
    return customer
