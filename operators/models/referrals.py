"""Who became a customer through which operator's own link."""

from django.db import models
from django.db.models import F, Q

from brands.models import Brand
from core.guards import NO_CHANGE, NO_TRUNCATE
from customers.models import Customer
from operators.models.operator import Operator


class Referral(models.Model):
    """That a customer signed up after opening an operator's link, and until when that counts. Never changed.

    `ends_at` is frozen when it is made (`operators.referrals.end_of`).
    """

    customer = models.OneToOneField(Customer, on_delete=models.PROTECT, related_name="referral")
    operator = models.ForeignKey(Operator, on_delete=models.PROTECT, related_name="referrals", db_index=False)
    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="+", db_index=False)
    first_touch_at = models.DateTimeField()
    created_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(first_touch_at__lte=F("created_at"), created_at__lt=F("ends_at")),
                name="referral_times_in_order",
            ),
        ]
        indexes = [models.Index(fields=["operator", "created_at"], name="referral_of_operator")]
        triggers = [NO_CHANGE, NO_TRUNCATE]

    def __str__(self) -> str:
        return f"customer {self.customer_id} through operator {self.operator_id}"
