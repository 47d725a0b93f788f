"""What customers asked staff for."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from billing.states import FundsRequestState
from brands.models import Brand
from customers.models import Customer


class FundsRequest(models.Model):
    """A customer asked staff to add funds; one waits at a time."""

    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="funds_requests", db_index=False
    )
    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="+", db_index=False)
    amount_minor = models.PositiveBigIntegerField()
    words = models.CharField(max_length=500, blank=True)
    state = models.CharField(
        max_length=8, choices=FundsRequestState.choices, default=FundsRequestState.WAITING
    )
    created_at = models.DateTimeField()
    handled_at = models.DateTimeField(null=True)
    handled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    answer = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer"],
                condition=Q(state=FundsRequestState.WAITING),
                name="one_waiting_funds_request",
            )
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(state=FundsRequestState.WAITING), name="funds_waiting"),
            models.Index(F("customer"), F("id").desc(), name="funds_of_customer"),
        ]

    def __str__(self) -> str:
        return f"funds request {self.pk}"
