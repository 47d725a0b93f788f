"""Earnings that wait for a decision of staff: an operator earned them from somebody with whom they may have more in common.

The money is on the operator's account as before; what is held is not paid out. Written by `billing.services.hold_earnings` and
`billing.services.decide_hold` alone.
"""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from billing.states import HoldKind, HoldState
from core.guards import NO_CHANGE, NO_TRUNCATE
from customers.models import Customer
from operators.models import Operator

# What was held, and why, never changes; it is decided once, and no row is deleted.
DECIDED_ONCE = pgtrigger.Trigger(
    name="decided_once",
    when=pgtrigger.Before,
    operation=pgtrigger.Update | pgtrigger.Delete,
    func="""
        IF TG_OP = 'DELETE' OR OLD.state <> 'open'
           OR (OLD.id, OLD.operator_id, OLD.customer_id, OLD.kind, OLD.evidence, OLD.opened_at) IS DISTINCT FROM
              (NEW.id, NEW.operator_id, NEW.customer_id, NEW.kind, NEW.evidence, NEW.opened_at)
        THEN
            RAISE EXCEPTION 'earnings hold % is decided once and stays as it was opened', OLD.id USING ERRCODE = 'AE405';
        END IF;
        RETURN NEW;
    """,
)
# Nothing is added to a hold that was decided, and what is added is of its operator and kind.
OF_AN_OPEN_HOLD = pgtrigger.Trigger(
    name="of_an_open_hold",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert,
    func="""
        PERFORM FROM billing_earningshold
          WHERE id = NEW.hold_id AND operator_id = NEW.operator_id AND kind = NEW.kind AND state = 'open'
            FOR SHARE;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'earnings hold % takes no more', NEW.hold_id USING ERRCODE = 'AE405';
        END IF;
        RETURN NEW;
    """,
)


class EarningsHold(models.Model):
    """What one operator earned from one customer and waits for staff, for one reason. `evidence`: figures of the rule.

    The operator is told the reason and the amount, and never who the customer is.
    """

    operator = models.ForeignKey(Operator, on_delete=models.PROTECT, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=16, choices=HoldKind.choices)
    evidence = models.JSONField()
    opened_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=HoldState.choices, default=HoldState.OPEN)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        default_permissions = ("view",)
        permissions = [("decide_earnings", "Can release held earnings or give them back")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state=HoldState.OPEN, decided_at__isnull=True, decided_by__isnull=True, reason="")
                | ~Q(state=HoldState.OPEN)
                & Q(decided_at__isnull=False, decided_by__isnull=False)
                & ~Q(reason=""),
                name="earnings_hold_open_or_decided",
            ),
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(state=HoldState.OPEN), name="earnings_hold_open"),
            models.Index(F("operator"), F("id").desc(), name="earnings_hold_operator"),
            models.Index(fields=["customer"], name="earnings_hold_customer"),
            models.Index(fields=["-decided_at"], name="earnings_hold_decided"),
        ]
        triggers = [DECIDED_ONCE, NO_TRUNCATE]

    def __str__(self) -> str:
        return f"earnings hold {self.pk}"


class HeldEarning(models.Model):
    """One call or text in a hold: `reference` names it in the books, `amount_minor` is what the operator had of it then."""

    hold = models.ForeignKey(EarningsHold, on_delete=models.PROTECT, related_name="earnings")
    operator = models.ForeignKey(Operator, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=16, choices=HoldKind.choices)
    reference = models.CharField(max_length=80)
    amount_minor = models.BigIntegerField()
    held_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["operator", "reference", "kind"], name="earning_held_once"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0) & ~Q(reference=""), name="earning_held"),
        ]
        triggers = [OF_AN_OPEN_HOLD, NO_CHANGE, NO_TRUNCATE]

    def __str__(self) -> str:
        return self.reference
