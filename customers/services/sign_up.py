"""Somebody becomes a customer: the account, an alias, and what they agreed to, in one transaction."""

from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

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


def require_adult(user: User, born_on: date) -> None:
    """Raises TooYoung. The day is that of the user's time zone."""
    today = clock.now().astimezone(ZoneInfo(user.time_zone)).date()
    if age_on(today, born_on) < ADULT_YEARS:
        raise TooYoung(_("You must be %(years)s or older.") % {"years": ADULT_YEARS})


@transactional
def say_is_adult(
    *, customer: Customer, born_on: date | None, agreement: Agreement, brand: Brand, origin: Origin
) -> None:
    """A customer who never said so here is an adult, and was born on that day unless we know it. Raises TooYoung."""
    if customer.born_on is None and born_on is not None:
        require_adult(customer.user, born_on)
        customer.born_on = born_on
        customer.save(update_fields=["born_on"])
    agree(customer=customer, brand=brand, agreements=[agreement], origin=origin)


@transactional
def sign_up(
    *, user: User, brand: Brand, born_on: date, agreements: Sequence[Agreement], origin: Origin
) -> Customer:
    """Make `user` a customer of `brand`, who said to be an adult and agreed to the terms. Raises TooYoung.

    Somebody who was erased keeps a break, a limit, and blocks. The day is that of the user's time zone. Consents keep the texts that were shown.
    """
    require_adult(user, born_on)
    customer = Customer.objects.create(user=user, alias=new_alias(), home_brand=brand, born_on=born_on)
    follow_erased(customer)
    agree(customer=customer, brand=brand, agreements=agreements, origin=origin)
    editions = {str(agreement.kind): agreement.edition for agreement in agreements}
    audit.record(actor=user, action="customer.sign_up", subject=customer, brand=brand.slug, editions=editions)
    return customer
