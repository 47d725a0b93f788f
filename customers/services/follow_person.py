"""What somebody asked for to be kept from spending follows them into a new account: a break and a daily limit."""

from datetime import datetime

from core import audit
from customers.domain_events import customer_returned, spending_rules_changed
from customers.erased import had_address
from customers.models import Customer, CustomerPhone


def follow_erased(customer: Customer) -> None:
    """`customer` has just signed up. If somebody with this address was erased: their break, limit, and blocks go on.

    Inside a transaction. What they agreed to, bought, and wrote stays with the erased account.
    """
    earlier = Customer.objects.filter(had_address("user__email", customer.user.email)).order_by("-id").first()
    if earlier is None:
        return
    columns = ("paused_until", "daily_limit_minor", "next_limit_minor", "next_limit_at")
    for column in columns:
        setattr(customer, column, getattr(earlier, column))
    customer.save(update_fields=columns)
    customer_returned.tell(customer=customer, earlier=earlier)


def follow_number(customer: Customer, phone: CustomerPhone, at: datetime) -> None:
    """`phone` was verified for `customer`: a break that its owner takes in another account, erased or not, holds here too.

    Inside a transaction. On record.
    """
    others = CustomerPhone.objects.filter(phone_number=phone.phone_number_id, customer__paused_until__gt=at)
    others = others.exclude(customer=customer).order_by("-customer__paused_until")
    until = others.values_list("customer__paused_until", flat=True).first()
    if until is None or (customer.paused_until and customer.paused_until >= until):
        return
    Customer.objects.filter(pk=customer.pk).update(paused_until=until)
    customer.paused_until = until
    audit.record(actor=None, action="customer.break_goes_on", subject=customer, until=until.isoformat())
    spending_rules_changed.after_commit(customer_id=customer.pk)
