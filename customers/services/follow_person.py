"""What somebody asked for to be kept from spending follows the person: a break in all accounts, limits into a new one."""

from datetime import datetime

from django.db.models import Q

from core import audit
from customers.domain_events import customer_returned, spending_rules_changed
from customers.erased import ERASED_HOST, had_address
from customers.models import Customer
from customers.selectors import same_person


def follow_erased(customer: Customer) -> None:
    """`customer` has just signed up. If somebody with this address was erased: their break, limits, and blocks go on.

    Inside a transaction. What they agreed to, bought, and wrote stays with the erased account.
    """
    earlier = Customer.objects.filter(had_address("user__email", customer.user.email)).order_by("-id").first()
    if earlier is None:
        return
    customer.paused_until = earlier.paused_until
    customer.save(update_fields=["paused_until"])
    for limit in earlier.spending_limits.all():
        limit.pk, limit.customer, limit._state.adding = None, customer, True
        limit.save()
        customer.has_limits = True
    customer_returned.tell(customer=customer, earlier=earlier)


def share_break(customer: Customer, at: datetime) -> None:
    """The longest break that somebody takes in one of their accounts, erased or not, holds in all: they share a phone or a browser.

    Called when a break begins, a phone was verified, or somebody logged in. Inside a transaction. On record, in each account.
    """
    accounts = Customer.objects.filter(same_person(customer.pk, "pk"))
    breaks = accounts.filter(paused_until__gt=at).order_by("-paused_until")
    until = breaks.values_list("paused_until", flat=True).first()
    if until is None:
        return
    shorter = accounts.filter(Q(paused_until=None) | Q(paused_until__lt=until))
    kept = shorter.exclude(user__email__endswith=ERASED_HOST).order_by("pk")
    for account in kept.select_for_update(no_key=True, of=("self",)):
        Customer.objects.filter(pk=account.pk).update(paused_until=until)
        audit.record(actor=None, action="customer.break_goes_on", subject=account, until=until.isoformat())
        spending_rules_changed.after_commit(customer_id=account.pk)
    customer.paused_until = until
