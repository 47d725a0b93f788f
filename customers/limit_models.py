"""The limits that customers set for themselves. Written by `customers.services.limits` alone."""

from datetime import datetime
from typing import TYPE_CHECKING

import pgtrigger
from django.db import models

from customers.limit_days import Period, limit_day, limit_period
from customers.states import LimitMeasure, LimitPeriod

if TYPE_CHECKING:
    from customers.models import Customer

# The customer's row says that there are limits, whoever writes one: a service, a shell, another program.
HAS_LIMITS = pgtrigger.Trigger(
    name="has_limits",
    when=pgtrigger.After,
    operation=pgtrigger.Insert,
    func="""
        UPDATE customers_customer SET has_limits = true WHERE id = NEW.customer_id AND NOT has_limits;
        RETURN NULL;
    """,
)


class SpendingLimit(models.Model):
    """The most a customer wants to spend, or to talk, in a day, week, or month. Rows stay when a limit is taken off.

    `amount` is in minor units or minutes; None: no limit. From `next_at` on it is `next_amount`, which is looser.
    """

    customer = models.ForeignKey(
        "customers.Customer", on_delete=models.CASCADE, related_name="spending_limits", db_index=False
    )
    period = models.CharField(max_length=5, choices=LimitPeriod.choices)
    measure = models.CharField(max_length=7, choices=LimitMeasure.choices)
    amount = models.PositiveBigIntegerField("amount (cents or minutes)", null=True, blank=True)
    next_amount = models.PositiveBigIntegerField("amount from then on", null=True, blank=True)
    next_at = models.DateTimeField("changes at", null=True, blank=True)
    # The week or month that ran when the customer changed the time zone: it ends as it would have.
    kept_from = models.DateTimeField(null=True, blank=True, editable=False)
    kept_until = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer", "period", "measure"], name="spending_limit_once")
        ]
        triggers = [HAS_LIMITS]

    def __str__(self) -> str:
        return f"limit on {self.get_measure_display()} in a {self.period}"

    def amount_at(self, at: datetime) -> int | None:
        """The limit that holds at this time, minor units or minutes; None: there is none."""
        return self.next_amount if self.next_at is not None and self.next_at <= at else self.amount

    def period_at(self, at: datetime, customer: "Customer") -> Period:
        """The span that what happens at this time counts for. Needs `customer` with the user loaded."""
        zone = customer.user.time_zone
        if self.period == LimitPeriod.DAY:
            return limit_day(at, zone, customer.limit_time_zone, customer.limit_time_zone_until)
        return limit_period(at, LimitPeriod(self.period), zone, self.kept_from, self.kept_until)
