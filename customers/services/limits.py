"""What a customer does to spend less: a daily limit, a break, closing the account. Easy to tighten, slow to loosen."""

from datetime import timedelta
from typing import Any

from procrastinate.contrib.django import app as jobs

from core import audit, clock
from core.db import transactional
from core.errors import Invalid
from core.parse import MAX_REASON
from customers.domain_events import account_closed, spending_rules_changed
from customers.models import Customer
from customers.services.follow_person import share_break

ANNOUNCE_LIMIT = "customers.announce_limit"
LOOSENS_AFTER = timedelta(hours=24)
BREAKS = {
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "month": timedelta(days=30),
    "half-year": timedelta(days=182),
}
_MOST_MINOR = 10_000_000


@transactional
def set_daily_limit(*, customer: Customer, limit_minor: int | None) -> bool:
    """Spend at most so many cents a day; None: no limit. Whether it holds at once: a looser one waits for 24 hours.

    A running call keeps what was granted to it; its next grant follows the new limit, also when a looser one begins to hold. Raises Invalid.
    """
    if limit_minor is not None and not 0 <= limit_minor <= _MOST_MINOR:
        raise Invalid("A limit is an amount of money, or none.")
    row = Customer.objects.select_for_update().get(pk=customer.pk)
    at = clock.now()
    now_minor = row.daily_limit_at(at)
    is_tighter = limit_minor is not None and (now_minor is None or limit_minor <= now_minor)
    if is_tighter:
        row.daily_limit_minor, row.next_limit_minor, row.next_limit_at = limit_minor, None, None
    elif limit_minor == now_minor:
        row.next_limit_minor, row.next_limit_at = None, None
    else:
        row.daily_limit_minor = now_minor
        row.next_limit_minor, row.next_limit_at = limit_minor, at + LOOSENS_AFTER
        when = row.next_limit_at + timedelta(seconds=1)
        jobs.configure_task(ANNOUNCE_LIMIT, schedule_at=when, allow_unknown=True).defer(customer_id=row.pk)
    row.save(update_fields=["daily_limit_minor", "next_limit_minor", "next_limit_at"])
    _record(row, "customer.daily_limit", limit_minor=limit_minor, at_once=is_tighter)
    spending_rules_changed.after_commit(customer_id=row.pk)
    return is_tighter or limit_minor == now_minor


@transactional
def take_break(*, customer: Customer, length: str, reason: str = "") -> Customer:
    """No calls and no messages for this long (a key of BREAKS), in all accounts of the person; a break that lasts longer stays.

    `reason`: what the customer wants to say about it, if anything; kept on record. A running call keeps what was granted to it and gets no more. Raises Invalid.
    """
    if length not in BREAKS:
        raise Invalid("Choose how long the break shall be.")
    row = Customer.objects.select_for_update().get(pk=customer.pk)
    until = clock.now() + BREAKS[length]
    row.paused_until = max(row.paused_until or until, until)
    row.save(update_fields=["paused_until"])
    _record(row, "customer.break", reason, length=length)
    share_break(row, clock.now())
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
