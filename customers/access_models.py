"""Requests for access by customers who don't pay by card; imported by `customers.models`."""

from django.db import models
from django.db.models import F, Q

from brands.models import Brand
from customers.states import AccessRequestState


class AccessRequest(models.Model):
    """A customer asks to be let in without a card payment; staff approve, with a code that is mailed, or decline.

    Of the code only a keyed hash is kept. It is good for this customer alone, once, until `code_expires_at`.
    """

    customer = models.ForeignKey(
        "customers.Customer", on_delete=models.CASCADE, related_name="access_requests", db_index=False
    )
    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="+", db_index=False)
    words = models.CharField(max_length=500)
    state = models.CharField(
        max_length=8, choices=AccessRequestState.choices, default=AccessRequestState.WAITING
    )
    created_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        "customers.User", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    answer = models.CharField(max_length=300, blank=True, default="")  # declined: the customer reads it
    code_hash = models.BinaryField(max_length=32, null=True)
    code_expires_at = models.DateTimeField(null=True)
    code_used_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ("view",)
        permissions = [("decide_access", "Can decide about access codes")]
        constraints = [
            models.UniqueConstraint(
                fields=["customer"],
                condition=Q(state=AccessRequestState.WAITING),
                name="one_waiting_access_request",
            ),
            models.CheckConstraint(
                condition=Q(
                    state=AccessRequestState.APPROVED, code_hash__isnull=False, code_expires_at__isnull=False
                )
                | ~Q(state=AccessRequestState.APPROVED)
                & Q(code_hash__isnull=True, code_used_at__isnull=True),
                name="access_code_of_approved",
            ),
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(state=AccessRequestState.WAITING), name="access_waiting"),
            models.Index(F("customer"), F("id").desc(), name="access_of_customer"),
        ]

    def __str__(self) -> str:
        return f"access request {self.pk}"
