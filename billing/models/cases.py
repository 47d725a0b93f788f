"""Cases: what somebody says went wrong with a call, a text, or a charge, or why held earnings are theirs, and what we answered.

Written by `billing.services` alone.
"""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from billing.case_rules import APPEAL_WITHIN, MAX_WORDS, RED_AFTER, business_days_waited
from billing.receipt_numbers import ReceiptOf, receipt_number
from billing.states import CaseKind, CaseOutcome, CaseProblem, CaseState
from brands.models import Brand
from core import clock
from customers.models import Customer
from operators.models import Operator

WAITING_STATES = (CaseState.OPEN, CaseState.APPEALED)  # for us


class Case(models.Model):
    """One problem of a customer, or of whoever left `email` on the public page, or held earnings that an operator contests.

    `receipt` is the number it was opened on, `reference` what names it in the books. `evidence` is what was on record at
    the opening (`billing.case_evidence`). `due_on`: the last day for our answer, or for the one to the appeal.
    """

    kind = models.CharField(max_length=10, choices=CaseKind.choices)
    problem = models.CharField(max_length=16, choices=CaseProblem.choices, blank=True)
    state = models.CharField(max_length=10, choices=CaseState.choices, default=CaseState.OPEN)
    outcome = models.CharField(max_length=10, choices=CaseOutcome.choices, blank=True)
    customer = models.ForeignKey(
        Customer, null=True, on_delete=models.PROTECT, related_name="cases", db_index=False
    )
    operator = models.ForeignKey(
        Operator, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )  # with whom the call or text was
    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="+", db_index=False)
    email = models.EmailField(blank=True)
    receipt = models.CharField(max_length=30, blank=True)
    reference = models.CharField(max_length=80, blank=True)
    words = models.CharField(max_length=MAX_WORDS, blank=True)
    evidence = models.JSONField(default=dict)
    opened_at = models.DateTimeField()
    due_on = models.DateField()
    answer = models.CharField(max_length=MAX_WORDS, blank=True)
    answered_at = models.DateTimeField(null=True)
    handled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    appeal = models.CharField(max_length=MAX_WORDS, blank=True)
    appealed_at = models.DateTimeField(null=True)
    decision = models.CharField(max_length=MAX_WORDS, blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    closed_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ("view",)
        permissions = [("answer_case", "Can answer cases and decide appeals")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state=CaseState.CLOSED, closed_at__isnull=False)
                | ~Q(state=CaseState.CLOSED) & Q(closed_at__isnull=True),
                name="case_closed_at",
            ),
            models.CheckConstraint(
                condition=Q(state=CaseState.OPEN, handled_by__isnull=True, answered_at__isnull=True)
                | ~Q(state=CaseState.OPEN) & Q(handled_by__isnull=False, answered_at__isnull=False),
                name="case_answered_by",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("handled_by")),
                name="case_appeal_decided_by_another",
            ),
            models.UniqueConstraint(
                fields=["customer", "receipt"],
                condition=Q(state__in=[CaseState.OPEN, CaseState.APPEALED]) & ~Q(receipt=""),
                name="one_open_case_per_receipt",
            ),
            models.UniqueConstraint(
                fields=["reference"], condition=Q(kind=CaseKind.DISPUTE), name="one_case_per_dispute"
            ),
            models.UniqueConstraint(
                fields=["operator", "reference"],
                condition=Q(kind=CaseKind.CONTEST) & ~Q(state=CaseState.CLOSED),
                name="one_contest_per_held_line",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_on", "id"],
                condition=Q(state__in=[CaseState.OPEN, CaseState.APPEALED]),
                name="case_waiting",
            ),
            models.Index(fields=["answered_at"], condition=Q(state=CaseState.ANSWERED), name="case_answered"),
            models.Index(F("customer"), F("id").desc(), name="case_customer"),
            models.Index(fields=["operator"], name="case_operator"),
            models.Index(fields=["email", "opened_at"], condition=~Q(email=""), name="case_email"),
            models.Index(fields=["opened_at"], name="case_opened"),
            models.Index(fields=["closed_at"], condition=Q(closed_at__isnull=False), name="case_closed"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """As people read it: `P-4821-44`."""
        return receipt_number(ReceiptOf.CASE, self.pk)

    @property
    def waits_for_us(self) -> bool:
        return self.state in WAITING_STATES

    @property
    def is_over(self) -> bool:
        """Whether our last answer was given, or it can't be appealed anymore."""
        return self.state == CaseState.CLOSED

    @property
    def waiting_since(self) -> datetime:
        """Since when our answer, or the one to the appeal, is waited for."""
        return self.appealed_at or self.opened_at

    @property
    def business_days(self) -> int:
        """How many business days it has waited for us, or waited before it was answered."""
        end = self.decided_at if self.appealed_at else self.answered_at
        return business_days_waited(self.waiting_since, end or clock.now())

    @property
    def is_red(self) -> bool:
        """Whether it has waited long enough to be in danger of missing its day."""
        return self.waits_for_us and self.business_days >= RED_AFTER

    @property
    def appeal_until(self) -> datetime | None:
        """Until when the answer may be appealed; None: it may not, or no more."""
        if self.state != CaseState.ANSWERED or self.answered_at is None:
            return None
        return self.answered_at + APPEAL_WITHIN
