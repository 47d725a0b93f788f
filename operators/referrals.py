"""Customers who signed up through an operator's own link: for how long that counts, and whether it does now."""

from dataclasses import dataclass
from datetime import datetime

from customers.models import Customer
from operators.contact_reads import link_of
from operators.models import Operator, Referral

YEARS = 1


@dataclass(frozen=True, slots=True)
class FirstTouch:
    """The first of an operator's links that a browser opened on a brand's site."""

    operator_id: int
    brand_id: int
    at: datetime


def end_of(began_at: datetime) -> datetime:
    """When a referral that began then counts no more: a year later, never less than 365 days.

    From 29 February it is 1 March, as with birthdays (`customers.services.sign_up.age_on`). Pure.
    """
    year = began_at.year + YEARS
    try:
        return began_at.replace(year=year)
    except ValueError:  # 29 February of a year that has none
        return began_at.replace(year=year, month=3, day=1)


def is_referred(customer: Customer, operator: Operator, at: datetime) -> bool:
    """Whether `customer` came through the link of `operator`, that counts at `at`, and the two are not one person.

    One query, three where the customer came through it: a link between the accounts that shows later ends it.
    """
    in_force = Referral.objects.filter(
        customer=customer, operator=operator, created_at__lte=at, ends_at__gt=at
    )
    return in_force.exists() and link_of(customer, operator) is None


def referral_count(operator: Operator) -> int:
    """How many customers signed up through the operator's link so far."""
    return Referral.objects.filter(operator=operator).count()
