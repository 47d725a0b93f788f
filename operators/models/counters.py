"""Counters, so that no page ever counts a large table.

The transaction that changes a thing updates them (`operators.services.count_activity`); what was earned is added by the ledger.
"""

from django.db import models
from django.db.models import F

from brands.models import Brand
from customers.models import Customer
from operators.models.operator import Operator


class Interaction(models.Model):
    """What passed between one customer and one operator, in numbers."""

    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="interactions", db_index=False
    )
    operator = models.ForeignKey(
        Operator, on_delete=models.PROTECT, related_name="interactions", db_index=False
    )
    calls = models.PositiveIntegerField(default=0)
    chats = models.PositiveIntegerField(default=0)
    messages = models.PositiveIntegerField(default=0)
    seconds = models.PositiveBigIntegerField(default=0)
    last_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["customer", "operator"], name="interaction_once")]
        indexes = [
            models.Index(F("operator"), F("last_at").desc(), F("id").desc(), name="interaction_recent")
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} and {self.operator_id}"


class OperatorDay(models.Model):
    """An operator's day on one brand, in the operator's time zone: a roll-up of what was earned and done.

    `earned_minor` is what the day's ledger transactions moved on their payable, refunds included and payouts left
    out; the ledger itself keeps it, so that no posting can forget it.
    """

    operator = models.ForeignKey(Operator, on_delete=models.PROTECT, related_name="days", db_index=False)
    brand = models.ForeignKey(  # empty: a correction that belongs to no site
        Brand, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    day = models.DateField()
    calls = models.PositiveIntegerField(default=0)
    seconds = models.PositiveBigIntegerField(default=0)
    chats = models.PositiveIntegerField(default=0)
    messages = models.PositiveIntegerField(default=0)
    earned_minor = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["operator", "day", "brand"], name="operator_day_once", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return f"{self.operator_id} {self.day}"


class OperatorHour(models.Model):
    """What an operator earned in one hour of one weekday, in their time zone: of the last weeks, counted anew each night.

    `earned_minor` is of sales and pay for free minutes by the ledger, before refunds, which staff make at other hours.
    """

    operator = models.ForeignKey(Operator, on_delete=models.PROTECT, related_name="hours", db_index=False)
    weekday = models.PositiveSmallIntegerField()  # 0 is Monday
    hour = models.PositiveSmallIntegerField()
    calls = models.PositiveIntegerField(default=0)
    earned_minor = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["operator", "weekday", "hour"], name="operator_hour_once"),
            models.CheckConstraint(
                condition=models.Q(weekday__lte=6, hour__lte=23), name="operator_hour_of_a_week"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.operator_id} {self.weekday} {self.hour}"


class ProfileViews(models.Model):
    """How often an operator's page was seen on one brand on one day, in the operator's time zone. Who saw it is not kept."""

    operator = models.ForeignKey(
        Operator, on_delete=models.PROTECT, related_name="profile_views", db_index=False
    )
    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="+", db_index=False)
    day = models.DateField()
    views = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name_plural = "profile views"
        constraints = [
            models.UniqueConstraint(fields=["operator", "day", "brand"], name="profile_views_once")
        ]

    def __str__(self) -> str:
        return f"{self.operator_id} {self.day}"


class BrandContact(models.Model):
    """How often a customer came to an operator on one brand (a joined call or a chat is once)."""

    operator = models.ForeignKey(
        Operator, on_delete=models.PROTECT, related_name="brand_contacts", db_index=False
    )
    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+", db_index=False)
    contacts = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["operator", "brand", "customer"], include=["contacts"], name="brand_contact_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} and {self.operator_id} on {self.brand_id}"
