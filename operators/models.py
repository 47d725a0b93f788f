"""Who answers: Operator, where they are listed, blocks, and what happened between two people or on one day.

Interaction and OperatorDay are counters: the transaction of the verb that changes a thing updates them
(`operators.services.record`), so that no page ever counts a large table.
"""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from brands.models import E164, Brand
from customers.models import Customer, User
from operators.states import Availability, BlockedBy, Presence, Standing


class Operator(models.Model):
    """An independent adult who sells conversation. Amounts in cents, share in basis points."""

    user = models.OneToOneField(User, on_delete=models.PROTECT, related_name="operator")
    stage_name = models.CharField(max_length=60)
    slug = models.SlugField(unique=True)
    headline = models.CharField(max_length=120, blank=True)
    bio = models.TextField(max_length=2000, blank=True)
    languages = models.JSONField(default=list, blank=True)  # names as shown, ["English", "Spanish"]
    specialties = models.JSONField(default=list, blank=True)
    portrait_seed = models.CharField(max_length=40, blank=True)

    rate_per_minute_minor = models.PositiveIntegerField("rate per minute (cents)", default=399)
    connect_fee_minor = models.PositiveIntegerField("connect fee (cents)", default=99)
    rate_per_message_minor = models.PositiveIntegerField("rate per message (cents)", default=50)
    share_bps = models.PositiveIntegerField(
        "share (basis points)", default=8000, validators=[MinValueValidator(0), MaxValueValidator(10_000)]
    )

    phone = models.CharField(max_length=16, blank=True, validators=[E164])  # private: dialled, never shown
    standing = models.CharField(max_length=12, choices=Standing.choices, default=Standing.PENDING)
    identified_at = models.DateTimeField("identity checked", null=True, blank=True)

    presence = models.CharField(max_length=8, choices=Presence.choices, default=Presence.OFFLINE)
    presence_since = models.DateTimeField(db_default=Now(), editable=False)
    in_call = models.BooleanField(default=False, editable=False)  # set by telephony alone

    takes_calls = models.BooleanField(default=True)
    takes_messages = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(share_bps__lte=10_000), name="operator_share_at_most_all"),
        ]
        indexes = [models.Index(fields=["standing", "presence", "id"], name="operator_directory")]

    def __str__(self) -> str:
        return self.stage_name

    @property
    def availability(self) -> Availability:
        """What a customer sees."""
        if self.standing != Standing.APPROVED or not self.takes_calls or self.presence == Presence.OFFLINE:
            return Availability.OFFLINE
        if self.in_call:
            return Availability.BUSY
        return Availability(self.presence)


class Listing(models.Model):
    """That an operator is shown on a brand."""

    operator = models.ForeignKey(Operator, on_delete=models.CASCADE, related_name="listings")
    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="listings")
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["brand", "operator"], name="listing_once")]

    def __str__(self) -> str:
        return f"{self.operator_id} on {self.brand_id}"


class Block(models.Model):
    """No contact between these two, whoever of them wished it."""

    operator = models.ForeignKey(Operator, on_delete=models.CASCADE, related_name="blocks")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="blocks", db_index=False)
    blocked_by = models.CharField(max_length=10, choices=BlockedBy.choices)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer", "operator", "blocked_by"], name="block_once"),
        ]

    def __str__(self) -> str:
        return f"block by {self.blocked_by}"


class Interaction(models.Model):
    """What passed between one customer and one operator, in numbers (seed: operator_customer_interactions)."""

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
    """An operator's day on one brand, in the operator's time zone: a roll-up of what was earned and done."""

    operator = models.ForeignKey(Operator, on_delete=models.PROTECT, related_name="days", db_index=False)
    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="+", db_index=False)
    day = models.DateField()
    calls = models.PositiveIntegerField(default=0)
    seconds = models.PositiveBigIntegerField(default=0)
    messages = models.PositiveIntegerField(default=0)
    earned_minor = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["operator", "day", "brand"], name="operator_day_once")]

    def __str__(self) -> str:
        return f"{self.operator_id} {self.day}"
