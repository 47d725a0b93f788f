"""What a customer does with the phones they have verified: which one we ring, and which we forget."""

from core import audit
from core.db import transactional
from core.errors import NotFound
from customers.models import Customer, CustomerPhone


@transactional
def make_primary(*, customer: Customer, phone_id: int) -> None:
    """From now on this verified phone is the one we ring. Raises NotFound."""
    phone = _mine(customer, phone_id)
    customer.phones.filter(is_primary=True).update(is_primary=False)
    phone.is_primary = True
    phone.save(update_fields=["is_primary"])


@transactional
def remove_phone(*, customer: Customer, phone_id: int) -> None:
    """Forget a phone; another verified one becomes the one we ring. Past calls keep their reference to it.

    A phone that calls refer to is kept without being verified, so it is never rung again. Raises NotFound.
    """
    phone = _mine(customer, phone_id)
    phone.verified_at, phone.is_primary = None, False
    phone.save(update_fields=["verified_at", "is_primary"])
    following = customer.phones.filter(verified_at__isnull=False).order_by("id").first()
    if following and not customer.phones.filter(is_primary=True).exists():
        following.is_primary = True
        following.save(update_fields=["is_primary"])
    audit.record(actor=customer.user, action="phone.remove", subject=customer, phone=phone.pk)


def _mine(customer: Customer, phone_id: int) -> CustomerPhone:
    # The customer's row first: two requests at once do not leave two primary phones.
    Customer.objects.select_for_update().get(pk=customer.pk)
    phone = customer.phones.filter(pk=phone_id, verified_at__isnull=False).first()
    if phone is None:
        raise NotFound("There is no such phone.")
    return phone
