"""Somebody becomes a customer, and whose link they came through is kept, in one transaction."""

from collections.abc import Sequence
from datetime import date

from brands.models import Brand
from core import clock
from core.db import transactional
from customers.legal import Agreement, Origin
from customers.models import Customer, Device, User
from customers.services.sign_up import sign_up
from operators.contact_reads import link_of
from operators.models import Operator, Referral
from operators.referrals import FirstTouch, end_of
from operators.selectors import listed_on


@transactional
def sign_up_through_link(
    *, first_touch: FirstTouch | None, browser_hash: str, user: User, brand: Brand, born_on: date,
    agreements: Sequence[Agreement], origin: Origin,
) -> Customer:  # fmt: skip
    """As `sign_up`; `first_touch` is the link that the browser opened first on this brand, None if it opened none.

    It counts for nobody who is not listed on the brand any more, and for nobody's own accounts: not where the two share a login
    or a phone, nor where `browser_hash` is of a browser that the operator logged in with. Raises TooYoung.
    """
    customer = sign_up(user=user, brand=brand, born_on=born_on, agreements=agreements, origin=origin)
    if first_touch is not None and first_touch.brand_id == brand.pk:
        _refer(customer, brand, first_touch, browser_hash)
    return customer


def _refer(customer: Customer, brand: Brand, first_touch: FirstTouch, browser_hash: str) -> None:
    operator = listed_on(brand).filter(pk=first_touch.operator_id).first()
    if operator is None or _is_own(customer, operator, browser_hash):
        return
    at = clock.now()
    Referral.objects.create(
        customer=customer,
        operator=operator,
        brand=brand,
        first_touch_at=min(first_touch.at, at),
        created_at=at,
        ends_at=end_of(at),
    )


def _is_own(customer: Customer, operator: Operator, browser_hash: str) -> bool:
    devices = Device.objects.filter(user=operator.user_id, marker_hash=browser_hash)
    return link_of(customer, operator) is not None or (bool(browser_hash) and devices.exists())
