"""Payouts that staff made outside of a run. Written by `billing.services.record_payout` alone.

What came back is said by the ledger: a transaction of kind `payout_back` that reverses the payout's (`billing.payouts.outside`).
"""

from django.db import models

from billing.ledger.models import Transaction
from core.guards import NO_CHANGE, NO_TRUNCATE


class OutsidePayout(models.Model):
    """On which day such a payout reached the operator, which is the year it counts in. Never changed.

    `is_early`: it was paid before it was payable, for the reason that the transaction keeps.
    """

    transaction = models.OneToOneField(Transaction, on_delete=models.PROTECT, related_name="outside_payout")
    paid_on = models.DateField(db_index=True)
    is_early = models.BooleanField(default=False)

    class Meta:
        default_permissions = ("view",)
        triggers = [NO_CHANGE, NO_TRUNCATE]

    def __str__(self) -> str:
        return f"transaction {self.transaction_id} paid on {self.paid_on}"
