"""On which brands an operator is listed."""

from django.db import models

from brands.models import Brand
from operators.models.operator import Operator


class Listing(models.Model):
    """That an operator is shown on a brand."""

    operator = models.ForeignKey(Operator, on_delete=models.CASCADE, related_name="listings")
    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="listings")
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["brand", "operator"], name="listing_once")]

    def __str__(self) -> str:
        return f"{self.operator_id} on {self.brand_id}"
