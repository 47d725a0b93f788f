"""What a processor's report lists: some are asked for the single charge and tell its amounts in a list of all charges alone."""

from django.db import models

from billing.models.payments import Payment
from billing.states import ReportKind


class ProcessorReport(models.Model):
    """When a processor was last asked for its list, and up to when the lists cover what happened. One row for each processor."""

    gateway = models.CharField(max_length=40, unique=True)
    asked_at = models.DateTimeField()
    covers_until = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.gateway


class ReportLine(models.Model):
    """One line of such a list: money that moved for a charge. Once for each `key`; `payment` where we know whose charge it is."""

    gateway = models.CharField(max_length=40)
    key = models.CharField(max_length=80)
    kind = models.CharField(max_length=12, choices=ReportKind.choices)
    charge = models.CharField(max_length=80)
    account = models.CharField(max_length=80)
    amount_minor = models.PositiveBigIntegerField()
    payment = models.ForeignKey(Payment, null=True, on_delete=models.PROTECT, related_name="report_lines")

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["gateway", "key"], name="report_line_once")]
        indexes = [models.Index(fields=["gateway", "charge"], name="report_line_charge")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.charge}"
