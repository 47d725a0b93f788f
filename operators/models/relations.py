"""What one customer and one operator decided about each other: favorites, blocks, notes, ratings."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from brands.models import Brand
from core.days import BOOKS_ZONE
from customers.models import Customer
from operators.models.operator import Operator
from operators.review_names import review_name
from operators.states import BlockedBy, RatedThing


class Favourite(models.Model):
    """An operator whom a customer wants to find again quickly. Nobody else is told."""

    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, related_name="favourites", db_index=False
    )
    operator = models.ForeignKey(Operator, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["customer", "operator"], name="favourite_once")]
        indexes = [models.Index(fields=["customer", "-id"], name="favourite_recent")]

    def __str__(self) -> str:
        return f"{self.operator_id} of {self.customer_id}"


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


class Note(models.Model):
    """What an operator wants to remember of a customer. Theirs alone; staff read it on record only."""

    operator = models.ForeignKey(Operator, on_delete=models.CASCADE, related_name="notes", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+", db_index=False)
    text = models.TextField(max_length=2000)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["operator", "customer"], name="note_once")]

    def __str__(self) -> str:
        return f"note of {self.operator_id}"


class Rating(models.Model):
    """One to five for a call, or for texting, from the customer who paid for it; with a review and an answer.

    Counted in the operator's mean is a customer's last one that is shown, not withdrawn, and qualified
    (`billing.services.rate_paid`).
    """

    operator = models.ForeignKey(Operator, on_delete=models.PROTECT, related_name="ratings", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="ratings", db_index=False)
    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="+", db_index=False)
    thing = models.CharField(max_length=8, choices=RatedThing.choices)
    reference = models.CharField(max_length=80, unique=True)  # call id or message id
    stars = models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(5)])
    review = models.TextField(max_length=1000, blank=True)
    topic = models.CharField(
        max_length=60, blank=True, default="", db_default=""
    )  # one of the operator's then
    created_at = models.DateTimeField()
    edited_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)  # by the customer: its words are gone
    answer = models.TextField(max_length=1000, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    is_hidden = models.BooleanField("hidden by staff", default=False)
    is_qualified = models.BooleanField("enough was paid", default=True)
    is_counted = models.BooleanField("in the mean", default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(stars__gte=1, stars__lte=5), name="stars_one_to_five"),
            models.UniqueConstraint(
                fields=["operator", "customer"],
                condition=Q(is_counted=True),
                name="one_customer_counts_once",
            ),
            models.UniqueConstraint(
                fields=["customer", "operator"],
                condition=Q(thing=RatedThing.MESSAGE),
                name="texting_rated_once",
            ),
        ]
        indexes = [models.Index(F("operator"), F("id").desc(), name="rating_of_operator")]

    def __str__(self) -> str:
        return f"{self.stars} for {self.operator_id}"

    @property
    def public_name(self) -> str:
        """Whom customers take it to be from; no part of the alias."""
        return review_name(self.customer_id, self.operator_id)

    @property
    def month(self) -> str:
        """When it was written, for everybody: "November 2026". The day would tell the operator's other callers too much."""
        return f"{self.created_at.astimezone(BOOKS_ZONE):%B %Y}"
