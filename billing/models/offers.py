"""Offers: what customers are given, by which rules, and what was claimed of it. Written by `billing.services.claim_offer` and in the admin."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper

from billing.ledger.models import ClockTimestamp
from billing.models.credit_control import FreeMinutesPackage
from billing.models.payments import Payment
from billing.states import MarkerKind, OfferKind
from brands.models import Brand
from core.money import BPS
from customers.models import Customer


class Offer(models.Model):
    """Free minutes, promotional money, or both, under conditions. Amounts are cents.

    Of several of one kind that hold on a brand the brand's own goes first, then the newest. What was given keeps the terms
    that it was given on.
    """

    kind = models.CharField(max_length=10, choices=OfferKind.choices)
    brand = models.ForeignKey(
        Brand,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Empty: on all brands.",
    )
    name = models.CharField(max_length=80, help_text="Customers see it, as in “Welcome gift”.")
    minutes = models.PositiveSmallIntegerField("free minutes", default=0, help_text="With any operator.")
    covers_fee = models.BooleanField(
        "covers the connection fee",
        default=False,
        help_text="Calls that use these minutes first have no fee.",
    )
    expires_days = models.PositiveSmallIntegerField(
        "days until the minutes expire", default=30, help_text="Counted from when they’re given."
    )
    bonus_minor = models.PositiveIntegerField(
        "bonus (cents)", default=0, help_text="Promotional money: spent first, never paid out."
    )
    bonus_bps = models.PositiveIntegerField(
        "bonus (basis points of the first load)",
        default=0,
        help_text="2000 is 20%. For a first load only.",
    )
    bonus_most_minor = models.PositiveIntegerField(
        "largest percentage bonus (cents)", default=0, help_text="Required with a percentage."
    )
    code = models.CharField(
        max_length=20, blank=True, default="", help_text="What customers enter; case doesn’t matter."
    )
    most_uses = models.PositiveIntegerField(
        "total uses of the code", null=True, blank=True, help_text="Empty: as many as the budget allows."
    )
    daily_budget_minor = models.PositiveIntegerField(
        "daily budget (cents)",
        help_text="The most it can cost in a day (UTC). Once that’s used up, it isn’t offered or shown.",
    )
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    class Meta:
        default_permissions = ("add", "change", "view")
        constraints = [
            models.CheckConstraint(
                condition=Q(minutes__gt=0) | Q(bonus_minor__gt=0) | Q(bonus_bps__gt=0),
                name="offer_gives_something",
                violation_error_message="An offer gives minutes, a bonus, or both.",
            ),
            models.CheckConstraint(
                condition=Q(bonus_bps=0)
                | Q(kind=OfferKind.LOAD_BONUS, bonus_bps__lte=BPS, bonus_most_minor__gt=0, bonus_minor=0),
                name="offer_percent_of_a_load",
                violation_error_message="A percentage is for a first load: at most 100%, with a largest bonus, and without a fixed bonus.",
            ),
            models.CheckConstraint(
                condition=Q(kind=OfferKind.CODE) & ~Q(code="") | ~Q(kind=OfferKind.CODE) & Q(code=""),
                name="offer_code_of_codes",
                violation_error_message="A code offer needs a code; no other offer has one.",
            ),
            models.CheckConstraint(
                condition=Q(expires_days__gt=0, minutes__lte=1000),
                name="offer_minutes_sound",
                violation_error_message="At most 1,000 minutes, good for a day or more.",
            ),
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(starts_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
                name="offer_ends_later",
                violation_error_message="The end must be after the start.",
            ),
            models.UniqueConstraint(
                Upper("code"),
                condition=~Q(code=""),
                name="offer_code_once",
                violation_error_message="Another offer has this code.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.get_kind_display()})"

    @property
    def scope(self) -> str:
        """Within what a person may claim once: the kind, or the one code."""
        return f"{self.kind}:{self.pk}" if self.kind == OfferKind.CODE else str(self.kind)

    def holds_at(self, at: datetime) -> bool:
        """Whether it is on at this time; the budget is another question."""
        is_begun = self.starts_at is None or self.starts_at <= at
        return self.is_active and is_begun and (self.ends_at is None or at < self.ends_at)


class OfferDay(models.Model):
    """What was claimed of an offer on a day (UTC): number, and what it may cost at most, in cents. Locked by each claim."""

    offer = models.ForeignKey(Offer, on_delete=models.CASCADE, related_name="days", db_index=False)
    day = models.DateField()
    claims = models.PositiveIntegerField(default=0)
    cost_minor = models.PositiveBigIntegerField(default=0)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["offer", "day"], name="offer_day_once")]

    def __str__(self) -> str:
        return f"{self.offer_id} on {self.day}"


class OfferClaim(models.Model):
    """That a customer was given an offer: what, for which payment, and what of a bonus was taken back. Amounts are cents."""

    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="claims", db_index=False)
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="offer_claims", db_index=False
    )
    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="+", db_index=False)
    day = models.DateField()
    cost_minor = models.PositiveBigIntegerField()  # at most; counted for the day
    package = models.OneToOneField(
        FreeMinutesPackage, null=True, on_delete=models.PROTECT, related_name="claim"
    )
    bonus_minor = models.PositiveBigIntegerField(default=0)
    bonus_transaction_id = models.BigIntegerField(null=True, unique=True)
    payment = models.ForeignKey(Payment, null=True, on_delete=models.PROTECT, related_name="offer_claims")
    taken_back_minor = models.PositiveBigIntegerField(default=0)
    claimed_at = models.DateTimeField()

    class Meta:
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["offer", "customer"], name="offer_once_per_customer"),
            models.CheckConstraint(
                condition=Q(taken_back_minor__lte=F("bonus_minor")), name="offer_taken_back_of_bonus"
            ),
        ]
        indexes = [
            models.Index(F("customer"), F("id").desc(), name="offer_claim_customer"),
            models.Index(fields=["offer", "day"], name="offer_claim_day"),
        ]

    def __str__(self) -> str:
        return f"offer {self.offer_id} for customer {self.customer_id}"


class OfferMarker(models.Model):
    """That somebody with this phone number, browser, or card was given an offer of this scope: a keyed hash, for good.

    It names no customer, so that it outlives the account without being about anybody.
    """

    scope = models.CharField(max_length=30)
    kind = models.CharField(max_length=8, choices=MarkerKind.choices)
    hash = models.BinaryField(max_length=32)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["scope", "kind", "hash"], name="offer_marker_once")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.scope}"
