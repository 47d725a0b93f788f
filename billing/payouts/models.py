"""Accounts of operators at banks, runs of payouts, their items and files, and what differs by year and state.

Written by `billing.payouts.services` alone. Amounts are minor units.
"""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from billing.payouts.outside_models import OutsidePayout
from billing.payouts.states import DEBITED, NEXT, AccountType, FileFormat, ItemState, Method, RunKind
from core.guards import NO_TRUNCATE
from operators.models import Operator

__all__ = ["DormancyTerm", "OutsidePayout", "PayoutAccount", "PayoutFile", "PayoutItem", "PayoutRun", "TaxYear"]  # fmt: skip

ONCE_A_WEEK = "payout_run_once_a_week"  # a unique constraint

_FOLLOWS = " OR ".join(
    f"OLD.state = '{before.value}' AND NEW.state IN ({', '.join(repr(after.value) for after in sorted(afters))})"
    for before, afters in NEXT.items()
    if afters
)

# What was agreed on never changes, and an account ends once; `details` and `digest` may be put under new keys.
ENDS_ONCE = pgtrigger.Trigger(
    name="ends_once",
    when=pgtrigger.Before,
    operation=pgtrigger.Update,
    func="""
        IF OLD.ended_at IS NOT NULL AND OLD.ended_at IS DISTINCT FROM NEW.ended_at
           OR (OLD.operator_id, OLD.method, OLD.account_type, OLD.last_four, OLD.added_at, OLD.effective_at)
              IS DISTINCT FROM
              (NEW.operator_id, NEW.method, NEW.account_type, NEW.last_four, NEW.added_at, NEW.effective_at)
        THEN
            RAISE EXCEPTION 'payout account % stays as it was added', OLD.id USING ERRCODE = 'AE405';
        END IF;
        RETURN NEW;
    """,
)
# A file stays as it was made; its token may be put under a new key, which its digest stands for.
AS_IT_WAS_MADE = (
    pgtrigger.Protect(
        name="as_it_was_made", operation=pgtrigger.Update, condition=pgtrigger.AnyChange(exclude=["data"])
    ),
    pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
)
# Whose money, in which run, and from approval on how much and where to, never changes; states follow in order.
FOLLOWS_IN_ORDER = pgtrigger.Trigger(
    name="follows_in_order",
    when=pgtrigger.Before,
    operation=pgtrigger.Update | pgtrigger.Delete,
    func=f"""
        IF TG_OP = 'DELETE' OR (OLD.id, OLD.run_id, OLD.operator_id) IS DISTINCT FROM (NEW.id, NEW.run_id, NEW.operator_id)
        THEN
            RAISE EXCEPTION 'payout item % stays in its run', OLD.id USING ERRCODE = 'AE405';
        END IF;
        IF OLD.state <> 'prepared'
           AND (OLD.amount_minor, OLD.withheld_minor, OLD.fee_minor, OLD.method, OLD.account_id, OLD.approved_at)
               IS DISTINCT FROM
               (NEW.amount_minor, NEW.withheld_minor, NEW.fee_minor, NEW.method, NEW.account_id, NEW.approved_at)
        THEN
            RAISE EXCEPTION 'payout item % was approved as it is', OLD.id USING ERRCODE = 'AE405';
        END IF;
        IF OLD.state <> NEW.state AND NOT coalesce({_FOLLOWS}, false) THEN
            RAISE EXCEPTION 'payout item % cannot go from % to %', OLD.id, OLD.state, NEW.state USING ERRCODE = 'AE405';
        END IF;
        RETURN NEW;
    """,
)


class PayoutAccount(models.Model):
    """Where an operator wants to be paid, from `effective_at` on. `details` is a token (`billing.payouts.account_details`).

    `digest` is the same for the same account (keyed), so that one that two people use is found.
    """

    operator = models.ForeignKey(Operator, on_delete=models.PROTECT, related_name="+", db_index=False)
    method = models.CharField(max_length=8, choices=Method.choices)
    account_type = models.CharField(max_length=8, choices=AccountType.choices, blank=True)
    last_four = models.CharField(max_length=4, blank=True)
    details = models.BinaryField(editable=False)
    digest = models.BinaryField(max_length=32, editable=False)
    added_at = models.DateTimeField()
    effective_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                condition=Q(effective_at__gte=F("added_at")), name="payout_account_not_before_it_was_added"
            ),
        ]
        indexes = [
            models.Index(F("operator"), F("id").desc(), name="payout_account_operator"),
            models.Index(fields=["digest"], condition=Q(ended_at__isnull=True), name="payout_account_shared"),
        ]
        triggers = [ENDS_ONCE]

    def __str__(self) -> str:
        return f"payout account {self.pk}"


class PayoutRun(models.Model):
    """Payouts that are approved together. What was earned from `held_back_since` on isn't in it.

    `prepared_by` is empty for the weekly close. `alone_after`: from then on a sole administrator may approve what they prepared.
    """

    kind = models.CharField(max_length=8, choices=RunKind.choices)
    week_of = models.DateField(null=True)  # the Monday of a weekly close
    held_back_since = models.DateTimeField()
    prepared_at = models.DateTimeField()
    prepared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    alone_after = models.DateTimeField(null=True)
    approved_at = models.DateTimeField(null=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    approval_reason = models.CharField(max_length=300, blank=True)
    canceled_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ("view",)
        permissions = [
            (
                "prepare_payouts",
                "Can prepare runs of payouts, export their files, and say what was paid or returned",
            ),
            ("approve_payouts", "Can approve runs of payouts that someone else prepared"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["week_of"], condition=Q(kind=RunKind.WEEKLY), name=ONCE_A_WEEK),
            models.CheckConstraint(
                condition=Q(approved_at__isnull=True, approved_by__isnull=True)
                | Q(approved_at__isnull=False, approved_by__isnull=False),
                name="payout_run_approved_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True)
                | Q(prepared_by__isnull=True)
                | ~Q(approved_by=F("prepared_by"))
                | Q(alone_after__isnull=False, approved_at__gte=F("alone_after")),
                name="payout_run_approved_by_another",
            ),
            models.CheckConstraint(
                condition=Q(approved_at__isnull=True) | Q(canceled_at__isnull=True),
                name="payout_run_approved_or_canceled",
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"],
                condition=Q(approved_at__isnull=True, canceled_at__isnull=True),
                name="payout_run_waiting",
            )
        ]

    def __str__(self) -> str:
        return f"payout run {self.pk}"


class PayoutItem(models.Model):
    """One operator's part of a run. `amount_minor` is sent; with what is withheld and the fee it is what the account is debited.

    `obstacle` says why an item wasn't approved with the others: nothing was debited. `paid_on` is the bank's date.
    """

    run = models.ForeignKey(PayoutRun, on_delete=models.PROTECT, related_name="items")
    operator = models.ForeignKey(Operator, on_delete=models.PROTECT, related_name="+", db_index=False)
    state = models.CharField(max_length=8, choices=ItemState.choices, default=ItemState.PREPARED)
    method = models.CharField(max_length=8, choices=Method.choices, blank=True)
    account = models.ForeignKey(
        PayoutAccount, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    amount_minor = models.BigIntegerField()
    withheld_minor = models.BigIntegerField(default=0)
    fee_minor = models.BigIntegerField(default=0)
    obstacle = models.CharField(max_length=24, blank=True)
    approved_at = models.DateTimeField(null=True)
    exported_at = models.DateTimeField(null=True)
    paid_at = models.DateTimeField(null=True)
    paid_on = models.DateField(null=True)
    bank_reference = models.CharField(max_length=80, blank=True)
    returned_at = models.DateTimeField(null=True)
    return_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["run", "operator"], name="payout_item_once_in_a_run"),
            models.CheckConstraint(
                condition=Q(amount_minor__gte=0, withheld_minor__gte=0, fee_minor__gte=0),
                name="payout_item_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(state=ItemState.PREPARED, approved_at__isnull=True)
                | ~Q(state=ItemState.PREPARED)
                & Q(approved_at__isnull=False, amount_minor__gt=0, obstacle="")
                & ~Q(method=""),
                name="payout_item_approved",
            ),
            models.CheckConstraint(
                condition=~Q(state=ItemState.PAID)
                | Q(paid_at__isnull=False, paid_on__isnull=False) & ~Q(bank_reference=""),
                name="payout_item_paid",
            ),
            models.CheckConstraint(
                condition=~Q(state=ItemState.RETURNED) | Q(returned_at__isnull=False) & ~Q(return_reason=""),
                name="payout_item_returned",
            ),
        ]
        indexes = [
            models.Index(F("operator"), F("id").desc(), name="payout_item_operator"),
            models.Index(
                fields=["id"],
                condition=Q(state__in=[ItemState.APPROVED, ItemState.EXPORTED]),
                name="payout_item_in_transit",
            ),
            models.Index(fields=["paid_on"], condition=Q(paid_on__isnull=False), name="payout_item_paid_on"),
        ]
        triggers = [FOLLOWS_IN_ORDER, NO_TRUNCATE]

    def __str__(self) -> str:
        return f"payout item {self.pk}"

    @property
    def debited_minor(self) -> int:
        """What the operator's account is debited."""
        return self.amount_minor + self.withheld_minor + self.fee_minor

    @property
    def is_debited(self) -> bool:
        return self.state in DEBITED


class PayoutFile(models.Model):
    """The bank's file of a run, made once. `data` is a token of its bytes, `digest` their SHA-256."""

    run = models.ForeignKey(PayoutRun, on_delete=models.PROTECT, related_name="files")
    format = models.CharField(max_length=5, choices=FileFormat.choices)
    data = models.BinaryField(editable=False)
    digest = models.CharField(max_length=64)
    entries = models.PositiveIntegerField()
    total_minor = models.BigIntegerField()
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    class Meta:
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["run", "format"], name="payout_file_once"),
        ]
        triggers = [*AS_IT_WAS_MADE, NO_TRUNCATE]

    def __str__(self) -> str:
        return f"{self.format} file of payout run {self.run_id}"


class TaxYear(models.Model):
    """What the law of the United States says of a year. Changed by staff when it is published.

    `threshold_minor`: from this total on a 1099-NEC is filed; `withholding_bps`: backup withholding.
    """

    year = models.PositiveSmallIntegerField(primary_key=True)
    threshold_minor = models.BigIntegerField()
    withholding_bps = models.PositiveIntegerField()
    source = models.CharField(max_length=200, help_text="Where the figures are published.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(threshold_minor__gte=0, withholding_bps__lte=5_000), name="tax_year_sound"
            )
        ]

    def __str__(self) -> str:
        return str(self.year)


class DormancyTerm(models.Model):
    """After how many years without a sign of life a state wants unclaimed earnings; `region` empty: where no state is named."""

    region = models.CharField(max_length=2, primary_key=True)
    years = models.PositiveSmallIntegerField()
    source = models.CharField(max_length=200, help_text="Where the term is published.")
    changed_at = models.DateTimeField(db_default=Now(), editable=False)

    def __str__(self) -> str:
        return f"{self.region}: {self.years} years"
