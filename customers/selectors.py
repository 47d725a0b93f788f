"""Reads about customers."""

from django.contrib.auth.models import AnonymousUser

from core.errors import NotAllowed
from customers.models import Customer, User


def customer_of(user: User | AnonymousUser) -> Customer:
    """The customer behind a login, phones and home brand loaded. Raises NotAllowed for staff and operators."""
    customer = (
        Customer.objects.filter(user_id=user.pk or 0)
        .select_related("home_brand", "user")
        .prefetch_related("phones")
        .first()
    )
    if customer is None:
        raise NotAllowed("This is for customers. Please log in with a customer's account.")
    return customer
