"""Texts and tips that were shared at more than the ordinary share. Of a call the authorization says it."""

from django.db import models
from django.db.models import F, Q

from billing.ledger.models import Transaction
from core.guards import NO_CHANGE, NO_TRUNCATE


class ReferredSale(models.Model):
    """At which share a text or tip of a customer was split who came through the operator's link. Never changed."""

    transaction = models.OneToOneField(Transaction, on_delete=models.PROTECT, related_name="referred_sale")
    share_bps = models.PositiveIntegerField()
    usual_share_bps = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(usual_share_bps__lt=F("share_bps"), share_bps__lte=10_000),
                name="referred_sale_is_above_usual",
            ),
        ]
        triggers = [NO_CHANGE, NO_TRUNCATE]

    def __str__(self) -> str:
        return f"transaction {self.transaction_id} at {self.share_bps}"
