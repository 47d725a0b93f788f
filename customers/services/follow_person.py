"""What somebody asked for to be kept from spending follows the person: a break or self-exclusion in all accounts, limits into a new one."""

from datetime import datetime

from django.db.models import Max, Q

from core import audit
from customers.domain_events import customer_returned, spending_rules_changed
from customers.erased import ERASED_HOST, had_address
from customers.models import Customer
from customers.selectors import same_person


def follow_erased(customer: Customer) -> None:
    """`customer` has just signed up. If somebody with this address was erased: their break, self-exclusion, limits, and blocks go on.

    Inside a transaction. What they agreed to, bought, and wrote stays with the erased account.
    """
    earlier = Customer.objects.filter(had_address("user__email", customer.user.email)).order_by("-id").first()
    if earlier is None:
        return
    customer.paused_until, customer.excluded_until = earlier.paused_until, earlier.excluded_until
    customer.save(update_fields=["paused_until", "excluded_until"])
    for limit in earlier.spending_limits.all():
        limit.pk, limit.customer, limit._state.adding = None, customer, True
        limit.save()
        customer.has_limits = True
    customer_returned.tell(customer=customer, earlier=earlier)


def share_break(customer: Customer, at: datetime) -> None:
    """The longest break, and the longest self-exclusion, that somebody chose in one of their accounts, erased or not, holds in
    all: they share a phone or a browser.

    Called when either begins, a phone was verified, or somebody logged in. Inside a transaction. On record, in each account.
    """
    accounts = Customer.objects.filter(same_person(customer.pk, "pk"))
    for column, action in (
        ("paused_until", "customer.break_goes_on"), ("excluded_until", "customer.exclusion_goes_on"),
    ):  # fmt: skip
        until = accounts.filter(**{f"{column}__gt": at}).aggregate(until=Max(column))["until"]
        if until is None:
            continue
        shorter = accounts.filter(Q(**{column: None}) | Q(**{f"{column}__lt": until}))
        kept = shorter.exclude(user__email__endswith=ERASED_HOST).order_by("pk")
        for account in kept.select_for_update(no_key=True, of=("self",)):
            Customer.objects.filter(pk=account.pk).update(**{column: until})
            audit.record(actor=None, action=action, subject=account, until=until.isoformat())
            spending_rules_changed.after_commit(customer_id=account.pk)
        setattr(customer, column, until)
