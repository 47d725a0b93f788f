"""What a customer does to spend less: limits, a break, self-exclusion, closing the account. Easy to tighten, slow to loosen."""

from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _
from procrastinate.contrib.django import app as jobs

from core import audit, clock
from core.db import transactional
from core.errors import Invalid
from core.parse import MAX_REASON
from customers.domain_events import account_closed, self_excluded, spending_rules_changed
from customers.exclusion import EXCLUSIONS, excluded_until
from customers.models import Customer, SpendingLimit
from customers.services.follow_person import share_break
from customers.states import LimitMeasure, LimitPeriod

ANNOUNCE_LIMIT = "customers.announce_limit"
LOOSENS_AFTER = timedelta(hours=24)
BREAKS = {
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "month": timedelta(days=30),
    "half-year": timedelta(days=182),
}
MOST = {LimitMeasure.MONEY: 10_000_000, LimitMeasure.MINUTES: 31 * 24 * 60}


@transactional
def set_limit(*, customer: Customer, period: LimitPeriod, measure: LimitMeasure, amount: int | None) -> bool:
    """At most so much in each `period`: `amount` in minor units or minutes; None: no limit.

    Whether it holds at once: a looser one waits for 24 hours. A running call keeps what was granted to it; its next grant follows
    the new limit, also when a looser one begins to hold. On record. Raises Invalid.
    """
    if amount is not None and not 0 <= amount <= MOST[measure]:
        raise Invalid(_("Enter a smaller limit."))
    owner = Customer.objects.select_for_update(of=("self",)).select_related("user").get(pk=customer.pk)
    rows = SpendingLimit.objects.select_for_update().filter(customer=owner, period=period, measure=measure)
    row = rows.first() or SpendingLimit(customer=owner, period=period, measure=measure)
    at = clock.now()
    current = row.amount_at(at)
    is_tighter = amount is not None and (current is None or amount <= current)
    holds = is_tighter or amount == current
    row.amount, row.next_amount, row.next_at = (amount if holds else current), None, None
    if not holds:
        row.next_amount, row.next_at = amount, at + LOOSENS_AFTER
        when = row.next_at + timedelta(seconds=1)
        jobs.configure_task(ANNOUNCE_LIMIT, schedule_at=when, allow_unknown=True).defer(customer_id=owner.pk)
    row.save()
    customer.has_limits = True
    _record(owner, "customer.limit", period=period, measure=measure, amount=amount, at_once=is_tighter)
    spending_rules_changed.after_commit(customer_id=owner.pk)
    return holds


@transactional
def take_break(*, customer: Customer, length: str, reason: str = "") -> Customer:
    """No calls and no messages for this long (a key of BREAKS), in all accounts of the person; a break that lasts longer stays.

    `reason`: what the customer wants to say about it, if anything; kept on record. A running call keeps what was granted to it and gets no more. Raises Invalid.
    """
    if length not in BREAKS:
        raise Invalid(_("Choose how long a break to take."))
    row = Customer.objects.select_for_update().get(pk=customer.pk)
    until = clock.now() + BREAKS[length]
    row.paused_until = max(row.paused_until or until, until)
    row.save(update_fields=["paused_until"])
    _record(row, "customer.break", reason, length=length)
    share_break(row, clock.now())
    spending_rules_changed.after_commit(customer_id=row.pk)
    return row


@transactional
def exclude_oneself(*, customer: Customer, length: str, reason: str = "") -> Customer:
    """No calls, texts, tips, added funds, or offers for this long (a key of EXCLUSIONS), in all accounts of the person.

    Nobody shortens it: not the customer, not staff; the database refuses. One that lasts longer stays. `reason`: as for a
    break. The customer gets a letter. A running call keeps what was granted to it and gets no more. Raises Invalid.
    """
    if length not in EXCLUSIONS:
        raise Invalid(_("Choose how long it lasts."))
    row = Customer.objects.select_for_update(of=("self",)).select_related("user").get(pk=customer.pk)
    at = clock.now()
    until = excluded_until(length, at)
    row.excluded_until = max(row.excluded_until or until, until)
    row.paused_until = max(row.paused_until or until, row.excluded_until)
    row.save(update_fields=["excluded_until", "paused_until"])
    _record(row, "customer.exclude", reason, length=length)
    share_break(row, at)
    self_excluded.tell(customer=row, until=row.excluded_until)
    spending_rules_changed.after_commit(customer_id=row.pk)
    return row


@transactional
def close_account(*, customer: Customer, reason: str = "") -> None:
    """No calls, no messages, no login codes; staff return what is left and may open it again.

    `reason`: as for a break. The customer gets a letter. A running call keeps what was granted to it and gets no more.
    """
    row = Customer.objects.select_for_update().get(pk=customer.pk)
    if row.closed_at is None:
        row.closed_at = clock.now()
        row.save(update_fields=["closed_at"])
        _record(row, "customer.close", reason)
        account_closed.tell(customer=row)
        spending_rules_changed.after_commit(customer_id=row.pk)


def _record(customer: Customer, action: str, reason: str = "", **details: Any) -> None:
    stated = reason.replace("\x00", "").strip()[:MAX_REASON]
    audit.record(actor=customer.user, action=action, subject=customer, reason=stated, **details)
