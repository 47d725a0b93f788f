"""What a customer sets about themselves."""

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser

from core import audit, clock
from core.db import transactional
from customers.limit_days import kept_until, limit_period
from customers.models import Customer, SpendingLimit
from customers.states import LimitPeriod


@transactional
def save_profile(*, customer: Customer, time_zone: str, zip_code: str | None = None) -> None:
    """Their time zone (an IANA name the form has checked).

    `zip_code`: where they live, five digits or empty, which decides on tax from now on; None where it wasn't asked for.
    """
    move(customer=customer, time_zone=time_zone, actor=customer.user)
    if zip_code is not None:
        Customer.objects.filter(pk=customer.pk).update(zip_code=zip_code)
        customer.zip_code = zip_code


@transactional
def move(*, customer: Customer, time_zone: str, actor: AbstractBaseUser) -> None:
    """Pages show times in this time zone from now on. Days of limits follow a day or two later, weeks and months
    when the running one is over, so that no limit can be had twice. On record.
    """
    row = Customer.objects.select_for_update(of=("self",)).select_related("user").get(pk=customer.pk)
    before = row.user.time_zone
    customer.user.time_zone = row.user.time_zone = time_zone
    if time_zone == before:
        return
    at = clock.now()
    is_kept = row.limit_time_zone_until is not None and row.limit_time_zone_until > at
    limit_zone = row.limit_time_zone if is_kept else before
    row.user.save(update_fields=["time_zone"])
    row.limit_time_zone = "" if limit_zone == time_zone else limit_zone
    row.limit_time_zone_until = kept_until(at, limit_zone, time_zone) if row.limit_time_zone else None
    row.save(update_fields=["limit_time_zone", "limit_time_zone_until"])
    _keep_periods(row, before, at)
    customer.limit_time_zone, customer.limit_time_zone_until = row.limit_time_zone, row.limit_time_zone_until
    audit.record(
        actor=actor, action="customer.time_zone", subject=row, before=before, after=time_zone,
        limit_days_from=row.limit_time_zone_until.isoformat() if row.limit_time_zone_until else None,
    )  # fmt: skip


def _keep_periods(customer: Customer, old_zone: str, at: datetime) -> None:
    """The weeks and months that run at `at` end as they would have."""
    limits = SpendingLimit.objects.filter(customer=customer).exclude(period=LimitPeriod.DAY)
    for limit in limits.select_for_update():
        running = limit_period(at, LimitPeriod(limit.period), old_zone, limit.kept_from, limit.kept_until)
        limit.kept_from, limit.kept_until = running.begins_at, running.ends_at
        limit.save(update_fields=["kept_from", "kept_until"])
