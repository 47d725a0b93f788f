"""What a customer sets about themselves."""

from core.db import transactional
from customers.models import Customer


@transactional
def save_profile(*, customer: Customer, time_zone: str, mails_receipts: bool) -> None:
    """Their time zone (an IANA name the form has checked), and whether receipts go to their e-mail address."""
    customer.user.time_zone = time_zone
    customer.user.save(update_fields=["time_zone"])
    Customer.objects.filter(pk=customer.pk).update(mails_receipts=mails_receipts)
