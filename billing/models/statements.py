"""What processors state of charges, fees, and deposits, and where that differs from our books. Written by `billing.services` alone."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from billing.models.payments import Payment
from billing.states import DifferenceKind, DifferenceState, StatedKind
from core.guards import NO_TRUNCATE

# What a processor stated stays; a line is booked once.
BOOKED_ONCE = pgtrigger.Trigger(
    name="booked_once",
    when=pgtrigger.Before,
    operation=pgtrigger.Update | pgtrigger.Delete,
    func="""
        IF TG_OP = 'DELETE' OR OLD.posted_at IS NOT NULL
           OR (OLD.id, OLD.statement_id, OLD.gateway, OLD.row, OLD.number, OLD.kind, OLD.charge, OLD.gross_minor)
              IS DISTINCT FROM
              (NEW.id, NEW.statement_id, NEW.gateway, NEW.row, NEW.number, NEW.kind, NEW.charge, NEW.gross_minor)
           OR (OLD.fee_minor, OLD.currency, OLD.happened_on) IS DISTINCT FROM (NEW.fee_minor, NEW.currency, NEW.happened_on)
        THEN
            RAISE EXCEPTION 'line % of a statement stays as it was stated, and is booked once', OLD.id
                USING ERRCODE = 'AE405';
        END IF;
        RETURN NEW;
    """,
)


class ProcessorStatement(models.Model):
    """A file of one processor, read once: `digest` is the SHA-256 of its bytes."""

    gateway = models.CharField("processor", max_length=40)
    name = models.CharField("file", max_length=120)
    digest = models.BinaryField(max_length=32)
    first_day = models.DateField()
    last_day = models.DateField()
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    uploaded_at = models.DateTimeField(db_default=Now())

    class Meta:
        default_permissions = ("view",)
        permissions = [("reconcile", "Can read statements of processors and decide differences")]
        constraints = [
            models.UniqueConstraint(fields=["gateway", "digest"], name="statement_read_once"),
            models.CheckConstraint(condition=Q(last_day__gte=models.F("first_day")), name="statement_days"),
        ]

    def __str__(self) -> str:
        return f"{self.gateway} {self.name}"


class StatementLine(models.Model):
    """One line of a statement, in minor units. `fee_minor` is what the processor kept; negative: what it gave back of a fee.

    `posted_at`: since then its fee, or the deposit, is in the books. A line that differs from ours is not booked.
    """

    statement = models.ForeignKey(
        ProcessorStatement, on_delete=models.PROTECT, related_name="lines", db_index=False
    )
    gateway = models.CharField(max_length=40)  # of the statement
    row = models.PositiveIntegerField()
    number = models.CharField(max_length=80)  # of the event, at the processor
    kind = models.CharField(max_length=12, choices=StatedKind.choices)
    charge = models.CharField(max_length=80, blank=True)
    payment = models.ForeignKey(
        Payment, null=True, on_delete=models.PROTECT, related_name="statement_lines", db_index=False
    )
    gross_minor = models.PositiveBigIntegerField()
    fee_minor = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    happened_on = models.DateField()
    posted_at = models.DateTimeField(null=True)
    bank_reference = models.CharField(max_length=80, blank=True)  # of a deposit that arrived
    banked_minor = models.PositiveBigIntegerField(null=True)  # what the bank says arrived

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["statement", "row"], name="statement_row_once"),
            models.CheckConstraint(
                condition=~Q(kind=StatedKind.DEPOSIT) | Q(fee_minor=0, payment__isnull=True),
                name="statement_deposit_alone",
            ),
            models.CheckConstraint(
                condition=~Q(kind=StatedKind.DEPOSIT)
                | Q(posted_at__isnull=True)
                | Q(banked_minor__isnull=False) & ~Q(bank_reference=""),
                name="statement_deposit_confirmed",
            ),
        ]
        indexes = [
            models.Index(fields=["gateway", "number"], name="statement_number"),
            models.Index(fields=["payment", "kind"], name="statement_payment"),
            models.Index(
                fields=["id"],
                condition=Q(posted_at__isnull=True, kind=StatedKind.DEPOSIT),
                name="statement_waiting_deposit",
            ),
        ]
        triggers = [BOOKED_ONCE, NO_TRUNCATE]

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"

    @property
    def reference(self) -> str:
        """Its reference in the ledger."""
        return f"statement:{self.statement_id}:{self.row}"


class Difference(models.Model):
    """Where a statement and our books differ: of a line, or of a payment that no statement has. Decided once, with a reason."""

    gateway = models.CharField(max_length=40)
    kind = models.CharField(max_length=10, choices=DifferenceKind.choices)
    line = models.OneToOneField(StatementLine, null=True, on_delete=models.PROTECT, related_name="difference")
    payment = models.ForeignKey(
        Payment, null=True, on_delete=models.PROTECT, related_name="differences", db_index=False
    )
    stated = models.CharField(max_length=12, choices=StatedKind.choices)  # of which event
    ours_minor = models.BigIntegerField()
    theirs_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=10, choices=DifferenceState.choices, default=DifferenceState.OPEN)
    reason = models.CharField(max_length=300, blank=True)
    opened_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )  # None: it agreed later
    decided_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                condition=Q(state=DifferenceState.OPEN, decided_at__isnull=True)
                | ~Q(state=DifferenceState.OPEN) & Q(decided_at__isnull=False),
                name="difference_decided",
            ),
            models.UniqueConstraint(
                fields=["payment", "stated"],
                condition=Q(kind=DifferenceKind.MISSING),
                name="difference_missing_once",
            ),
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(state=DifferenceState.OPEN), name="difference_open"),
            models.Index(fields=["-decided_at"], name="difference_decided_at"),
        ]

    def __str__(self) -> str:
        return f"difference {self.pk}"
