"""Phones that were an operator's."""

from django.db import models

from operators.models.operator import Operator
from phones.models import PhoneNumber


class OperatorPhone(models.Model):
    """That a phone was an operator's by a spoken code, now or once: whoever uses it is taken for the operator."""

    operator = models.ForeignKey(Operator, on_delete=models.CASCADE, related_name="phones", db_index=False)
    phone_number = models.ForeignKey(PhoneNumber, on_delete=models.PROTECT, related_name="+")
    verified_at = models.DateTimeField()  # at first
    # The place in which it is called. 1 is the phone in the operator's own row, null one that is not called any more.
    position = models.PositiveSmallIntegerField(null=True, editable=False)
    blocked_at = models.DateTimeField(null=True, editable=False)  # 9 was pressed on it

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["operator", "phone_number"], name="operator_phone_once"),
            models.UniqueConstraint(
                fields=["operator", "position"],
                name="operator_phone_position",
                deferrable=models.Deferrable.DEFERRED,
            ),
        ]

    def __str__(self) -> str:
        return f"phone of {self.operator_id}"
