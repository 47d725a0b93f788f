"""Reads about customers."""

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext as _

from core import clock
from core.errors import Conflict, NotAllowed
from core.planned_query import PlannedQuery
from customers.models import Customer, CustomerPhone, Device, User


def customer_of(user: User | AnonymousUser) -> Customer:
    """The customer behind a login. Raises NotAllowed for staff and operators."""
    customer = find_customer(user)
    if customer is None:
        raise NotAllowed(_("This is for customers. Please log in with a customer’s account."))
    return customer


def find_customer(user: User | AnonymousUser) -> Customer | None:
    """The customer behind a login: no query where they were read along with the session. None for staff and operators."""
    read_along = getattr(user, "read_along", None)
    if read_along is not None:
        return read_along.customer
    return _OF_USER.first(user.pk or 0)


def refuse_closed_account(customer: Customer) -> None:
    """Raises Conflict `account_closed` if the account is closed by now: nothing is given that nobody can use."""
    if Customer.objects.filter(pk=customer.pk, closed_at__isnull=False).exists():
        raise Conflict(_("This account is closed."), code="account_closed")


def refuse_excluded(customer: Customer, words: str) -> None:
    """Raises NotAllowed `self_excluded`, saying `words`, if the customer excluded themselves: nothing is given or taken that tempts."""
    if Customer.objects.filter(pk=customer.pk, excluded_until__gt=clock.now()).exists():
        raise NotAllowed(words, code="self_excluded")


def same_person(customer_id: int | RawSQL, field: str) -> Q:
    """The condition that `field`, a customer's id, is of the same person: they share a phone or a browser, now or once.

    A number counts although it was removed or is no longer verified: else removing it would make a stranger of its owner.
    One list of ids, not one condition or another: those would be tried on every row there is.
    """
    itself = Customer.objects.filter(pk=customer_id).values("pk")
    numbers = CustomerPhone.objects.filter(customer=customer_id).values("phone_number")
    markers = Device.objects.filter(user__customer=customer_id).values("marker_hash")
    by_phone = CustomerPhone.objects.filter(phone_number__in=numbers).values("customer_id")
    by_device = Customer.objects.filter(user__devices__marker_hash__in=markers).values("pk")
    return Q((f"{field}__in", itself.union(by_phone, by_device)))


_OF_USER = PlannedQuery(Customer.objects.select_related("user"), "user")
