"""The sandbox processor's records. Written by `processor` alone; money in minor units."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q

from billing.gateways.sandbox.cards import CardKind, SandboxCard


class Outcome(models.TextChoices):
    """What becomes of a charge, once it is settled."""

    PAID = "paid", "paid"
    DECLINED = "declined", "declined"
    CANCELED = "canceled", "canceled"


class SandboxCharge(models.Model):
    """One attempt to charge a card, for a merchant's `payment`, which may have several.

    `key`: what makes a repeated request the same attempt. Until `settles_at` it is pending; until `answers_at` the processor says
    nothing about it.
    """

    number = models.CharField(max_length=80, unique=True)
    key = models.CharField(max_length=120, unique=True)
    payment = models.CharField(max_length=80, db_index=True)
    account = models.CharField(max_length=80)
    amount_minor = models.PositiveBigIntegerField()
    currency = models.CharField(max_length=3)
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    card = models.CharField(max_length=80, db_index=True)
    behavior = models.CharField(max_length=20, choices=SandboxCard.choices)
    card_kind = models.CharField(max_length=10, choices=CardKind.choices)
    card_label = models.CharField(max_length=40)
    refunded_minor = models.PositiveBigIntegerField(default=0)
    charged_back_minor = models.PositiveBigIntegerField(default=0)
    won_back_minor = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField()
    settles_at = models.DateTimeField()
    answers_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome=Outcome.PAID, refunded_minor__lte=F("amount_minor"))
                | Q(refunded_minor=0, charged_back_minor=0),
                name="sandbox_refunded_of_paid",
            ),
            models.CheckConstraint(
                condition=Q(won_back_minor__lte=F("charged_back_minor")), name="sandbox_won_back_of_disputed"
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def is_pending(self, at: datetime) -> bool:
        return self.settles_at > at

    def is_paid(self, at: datetime) -> bool:
        return self.outcome == Outcome.PAID and not self.is_pending(at)

    @property
    def refundable_minor(self) -> int:
        """What the merchant still has of it."""
        disputed_minor = self.charged_back_minor - self.won_back_minor
        return max(0, self.amount_minor - self.refunded_minor - disputed_minor)


class SandboxRefund(models.Model):
    """One request to give money back, once for each `key`."""

    charge = models.ForeignKey(SandboxCharge, on_delete=models.PROTECT, related_name="refunds")
    key = models.CharField(max_length=120, unique=True)
    amount_minor = models.PositiveBigIntegerField()
    created_at = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.key


class SandboxEvent(models.Model):
    """Something that the merchant's webhook is told, `copies` times, from `due_at` on. `payment` is empty where the charge is known."""

    key = models.CharField(max_length=80, unique=True)
    event = models.CharField(max_length=40)
    charge = models.ForeignKey(SandboxCharge, on_delete=models.PROTECT, related_name="events")
    payment = models.CharField(max_length=80, blank=True)
    copies = models.PositiveSmallIntegerField(default=1)
    tries = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.event} {self.key}"
