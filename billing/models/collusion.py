"""What two members of staff recorded of an operator who worked together with a customer in a dispute; the operator reads why, and may contest it.

Written by `billing.services.record_collusion` and `billing.services.contest_collusion` alone.
"""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from billing.models.payments import Payment
from billing.states import CollusionState
from core.guards import NO_TRUNCATE
from operators.models import Operator

# What was recorded stays; it is contested once and decided once.
STAYS = pgtrigger.Trigger(
    name="stays",
    when=pgtrigger.Before,
    operation=pgtrigger.Update | pgtrigger.Delete,
    func="""
        IF TG_OP = 'DELETE' OR OLD.state IN ('upheld', 'reversed')
           OR (OLD.id, OLD.payment_id, OLD.operator_id, OLD.amount_minor, OLD.references, OLD.reason)
              IS DISTINCT FROM
              (NEW.id, NEW.payment_id, NEW.operator_id, NEW.amount_minor, NEW.references, NEW.reason)
           OR (OLD.proposed_by_id, OLD.confirmed_by_id, OLD.recorded_at)
              IS DISTINCT FROM (NEW.proposed_by_id, NEW.confirmed_by_id, NEW.recorded_at)
        THEN
            RAISE EXCEPTION 'finding % of collusion stays as it was recorded', OLD.id USING ERRCODE = 'AE405';
        END IF;
        RETURN NEW;
    """,
)


class CollusionFinding(models.Model):
    """`amount_minor` of the operator's earnings from the talk that a disputed payment paid for was taken back.

    `references`: the calls, texts, and tips. The operator reads `reason`, and never who the customer is.
    """

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="+", db_index=False)
    operator = models.ForeignKey(Operator, on_delete=models.PROTECT, related_name="+", db_index=False)
    amount_minor = models.PositiveBigIntegerField()
    references = models.JSONField()
    reason = models.CharField(max_length=300)
    state = models.CharField(max_length=10, choices=CollusionState.choices, default=CollusionState.RECORDED)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    recorded_at = models.DateTimeField()
    contest = models.CharField(max_length=1000, blank=True)
    contested_at = models.DateTimeField(null=True)
    decision = models.CharField(max_length=300, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    decided_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ("view",)
        permissions = [
            ("decide_collusion", "Can record collusion with a customer and decide what is contested")
        ]
        constraints = [
            models.UniqueConstraint(fields=["payment", "operator"], name="collusion_once"),
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0) & ~Q(reason="") & ~Q(proposed_by=F("confirmed_by")),
                name="collusion_by_two",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True)
                | ~Q(decided_by=F("proposed_by")) & ~Q(decided_by=F("confirmed_by")),
                name="collusion_decided_by_another",
            ),
            models.CheckConstraint(
                condition=Q(state=CollusionState.RECORDED, contested_at__isnull=True, decided_at__isnull=True)
                | Q(state=CollusionState.CONTESTED, contested_at__isnull=False, decided_at__isnull=True)
                | Q(
                    state__in=[CollusionState.UPHELD, CollusionState.REVERSED],
                    contested_at__isnull=False,
                    decided_at__isnull=False,
                    decided_by__isnull=False,
                ),
                name="collusion_state",
            ),
        ]
        indexes = [
            models.Index(
                fields=["contested_at"],
                condition=Q(state=CollusionState.CONTESTED),
                name="collusion_contested",
            ),
            models.Index(F("operator"), F("id").desc(), name="collusion_operator"),
        ]
        triggers = [STAYS, NO_TRUNCATE]

    def __str__(self) -> str:
        return f"finding {self.pk}"

    @property
    def reference(self) -> str:
        """Its reference in the ledger."""
        return f"collusion:{self.payment_id}:{self.operator_id}"
