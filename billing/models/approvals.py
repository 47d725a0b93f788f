"""What one member of staff may not give alone: a request that a second person decides.

Written by `billing.services.carry_out` and `billing.services.decide_approval` alone.
"""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from billing.states import ApprovalState
from core.guards import NO_TRUNCATE
from customers.models import Customer
from operators.models import Operator

# A request's arguments never change, it is decided once, and no row is deleted.
DECIDED_ONCE = pgtrigger.Trigger(
    name="decided_once",
    when=pgtrigger.Before,
    operation=pgtrigger.Update | pgtrigger.Delete,
    func="""
        IF TG_OP = 'DELETE' OR OLD.state <> 'waiting'
           OR (OLD.id, OLD.deed, OLD.arguments, OLD.amount_minor, OLD.seconds, OLD.customer_id, OLD.operator_id)
              IS DISTINCT FROM
              (NEW.id, NEW.deed, NEW.arguments, NEW.amount_minor, NEW.seconds, NEW.customer_id, NEW.operator_id)
           OR (OLD.reason, OLD.idempotency_key, OLD.requested_by_id, OLD.requested_at, OLD.expires_at, OLD.due_at)
              IS DISTINCT FROM
              (NEW.reason, NEW.idempotency_key, NEW.requested_by_id, NEW.requested_at, NEW.expires_at, NEW.due_at)
        THEN
            RAISE EXCEPTION 'approval request % is decided once and stays as it was asked', OLD.id
                USING ERRCODE = 'AE405';
        END IF;
        RETURN NEW;
    """,
)


class ApprovalRequest(models.Model):
    """A deed above its requester's limit. `amount_minor` or `seconds` is what it gives to the customer, the operator, or both.

    `arguments` are the deed's own (`billing.deeds`): ids, amounts, and times, nothing about a person. `due_at` is set
    where a delay stands in for the second person. `decided_by` is empty where time decided.
    """

    deed = models.CharField(max_length=20)
    arguments = models.JSONField()
    amount_minor = models.PositiveBigIntegerField(default=0)
    seconds = models.PositiveBigIntegerField(default=0)
    customer = models.ForeignKey(
        Customer, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    operator = models.ForeignKey(
        Operator, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    reason = models.CharField(max_length=300)
    idempotency_key = models.CharField(max_length=200)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    requested_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, choices=ApprovalState.choices, default=ApprovalState.WAITING)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                condition=Q(customer__isnull=False) | Q(operator__isnull=False),
                name="approval_for_somebody",
            ),
            models.CheckConstraint(
                condition=Q(state=ApprovalState.WAITING, decided_at__isnull=True, decided_by__isnull=True)
                | ~Q(state=ApprovalState.WAITING) & Q(decided_at__isnull=False),
                name="approval_decided_or_waiting",
            ),
            # The second person is another one; nobody is needed only where a delay was agreed on when it was asked.
            models.CheckConstraint(
                condition=~Q(state=ApprovalState.APPROVED)
                | Q(decided_by__isnull=False) & ~Q(decided_by=F("requested_by"))
                | Q(decided_by__isnull=True, due_at__isnull=False),
                name="approval_by_another",
            ),
            models.UniqueConstraint(
                fields=["idempotency_key"],
                condition=Q(state=ApprovalState.WAITING),
                name="approval_asked_once",
            ),
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(state=ApprovalState.WAITING), name="approval_waiting"),
            models.Index(fields=["-decided_at"], name="approval_decided"),
        ]
        triggers = [DECIDED_ONCE, NO_TRUNCATE]

    def __str__(self) -> str:
        return f"approval request {self.pk}"
