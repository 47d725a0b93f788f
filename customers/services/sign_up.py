"""Somebody becomes a customer: the account, an alias, and what they agreed to, in one transaction."""

from datetime import date
from zoneinfo import ZoneInfo

from brands.models import Brand
from core import audit, clock
from core.db import transactional
from core.errors import NotAllowed
from customers.aliases import new_alias
from customers.models import Consent, Customer, User
from customers.states import ConsentKind

ADULT_YEARS = 18
# The edition of terms, privacy notice and price rules on the help pages; raised when their meaning changes.
EDITION = "2026-01"


class TooYoung(NotAllowed):
    """Not 18 yet."""

    code = "too_young"


def age_on(day: date, born_on: date) -> int:
    """Whole years on `day`. Who was born on 29 February is a year older on 1 March."""
    return day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))


@transactional
def sign_up(*, user: User, brand: Brand, born_on: date) -> Customer:
    """Make `user` a customer of `brand`, who said to be an adult and agreed to the terms. Raises TooYoung.

    The day is that of the user's time zone. Consents carry the edition that was shown.
    """
    today = clock.now().astimezone(ZoneInfo(user.time_zone)).date()
    if age_on(today, born_on) < ADULT_YEARS:
        raise TooYoung(f"You must be {ADULT_YEARS} or older.")
    customer = Customer.objects.create(user=user, alias=new_alias(), home_brand=brand, born_on=born_on)
    Consent.objects.bulk_create(
        Consent(customer=customer, kind=kind, version=EDITION, brand=brand) for kind in ConsentKind
    )
    audit.record(actor=user, action="customer.sign_up", subject=customer, brand=brand.slug, edition=EDITION)
    return customer
