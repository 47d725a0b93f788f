"""Card payments: where each stands, what was reported about it, and what goes back to a card.

The books are the ledger's; a payment says which of the processor's amounts they hold already. Written by `billing.services` alone.
"""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from billing.charges import Totals
from billing.states import PayBackState, PaymentProblem, PaymentState
from brands.models import Brand
from customers.models import Customer

# The customer has such a payment open: they are on their way to the card company, or it has not said what became of it.
OPEN_STATES = (PaymentState.CREATED, PaymentState.REDIRECTED, PaymentState.PENDING, PaymentState.UNKNOWN)
# Something is still to come of it. (One on the processor's page is canceled by itself after two hours.)
UNSETTLED_STATES = (*OPEN_STATES, PaymentState.DISPUTED)


class MerchantAccount(models.Model):
    """Where a brand's card payments go: one account at one processor, and what the customer's statement says of it."""

    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="merchant_accounts")
    gateway = models.CharField("processor", max_length=40)
    account = models.CharField(
        "account",
        max_length=80,
        help_text="As the processor names it; a payment to any other is not credited.",
    )
    statement_text = models.CharField(
        max_length=60, help_text="What the customer's card statement says, as the processor has it."
    )
    support_phone = models.CharField(
        max_length=20, help_text="The number on the statement, which customers call about a charge."
    )
    is_active = models.BooleanField("takes new payments", default=True)
    # What it keeps, until its statements say that: for the margin that staff see.
    fee_bps = models.PositiveIntegerField(
        "fee, basis points", default=0, db_default=0, help_text="An estimate: 1,250 is 12.5% of each payment."
    )
    fee_fixed_minor = models.PositiveIntegerField(
        "fee, cents",
        default=0,
        db_default=0,
        help_text="An estimate: what each payment costs on top of that.",
    )

    class Meta:
        ordering = ["brand", "id"]
        constraints = [
            models.UniqueConstraint(fields=["brand", "gateway", "account"], name="merchant_account_once"),
            models.UniqueConstraint(
                fields=["brand"], condition=Q(is_active=True), name="one_active_merchant_account"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.gateway} {self.account}"


class Payment(models.Model):
    """One attempt of a customer to add funds by card.

    `public_id` is our number of it at the processor and in addresses. The four totals are what the books hold of it, in minor
    units; `processor_reference` is the processor's number of the charge, `problem` why it is not credited.
    `sent_at`: since then a saved card may have been charged, and is never charged again for this payment.
    """

    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="payments", db_index=False)
    merchant_account = models.ForeignKey(
        MerchantAccount, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    state = models.CharField(max_length=10, choices=PaymentState.choices, default=PaymentState.CREATED)
    amount_minor = models.PositiveBigIntegerField()
    currency = models.CharField(max_length=3)
    statement_text = models.CharField(max_length=60)
    return_path = models.CharField(max_length=200, blank=True)  # where the customer was
    saved_from = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )  # the payment whose card is charged again
    processor_reference = models.CharField(max_length=80, blank=True)
    captured_minor = models.PositiveBigIntegerField(default=0)
    refunded_minor = models.PositiveBigIntegerField(default=0)
    charged_back_minor = models.PositiveBigIntegerField(default=0)
    won_back_minor = models.PositiveBigIntegerField(default=0)
    # What the platform bears of a lost dispute; from `dispute_closed_at` on it freezes nothing.
    written_off_minor = models.PositiveBigIntegerField(default=0)
    dispute_closed_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=16, choices=PaymentProblem.choices, blank=True)
    problem_handled_at = models.DateTimeField(null=True)
    handled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    reason = models.CharField(max_length=120, blank=True)  # why it was declined
    card = models.CharField(max_length=80, blank=True)
    card_label = models.CharField(max_length=40, blank=True)
    card_kind = models.CharField(max_length=16, blank=True)
    network_hash = models.BinaryField(max_length=32, null=True)  # where the customer was; for 30 days
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField()
    captured_at = models.DateTimeField(null=True)
    next_check_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ("view",)
        permissions = [("settle_payment", "Can settle disputes and problems of card payments")]
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="payment_amount_positive"),
            # All that we asked for, or nothing.
            models.CheckConstraint(
                condition=Q(captured_minor=0) | Q(captured_minor=F("amount_minor")),
                name="payment_captured_whole",
            ),
            models.CheckConstraint(
                condition=Q(captured_minor__gt=0, captured_at__isnull=False)
                | Q(captured_minor=0, refunded_minor=0, charged_back_minor=0, won_back_minor=0),
                name="payment_captured_first",
            ),
            models.CheckConstraint(
                condition=Q(won_back_minor__lte=F("charged_back_minor")), name="payment_won_back_of_disputed"
            ),
            models.UniqueConstraint(
                fields=["merchant_account", "processor_reference"],
                condition=~Q(processor_reference=""),
                name="payment_once_per_charge",
            ),
            # No second charge while nobody knows what became of the first.
            models.UniqueConstraint(
                fields=["customer"], condition=Q(state=PaymentState.UNKNOWN), name="one_unknown_payment"
            ),
        ]
        indexes = [
            models.Index(F("customer"), F("id").desc(), name="payment_customer"),
            models.Index(
                fields=["next_check_at"], condition=Q(next_check_at__isnull=False), name="payment_next_check"
            ),
            models.Index(
                fields=["id"],
                condition=~Q(problem="") & Q(problem_handled_at__isnull=True),
                name="payment_open_problem",
            ),
            models.Index(
                fields=["id"],
                condition=Q(state=PaymentState.DISPUTED, dispute_closed_at__isnull=True),
                name="payment_open_dispute",
            ),
            models.Index(
                fields=["network_hash", "changed_at"],
                condition=Q(state=PaymentState.DECLINED),
                name="payment_declined_network",
            ),
            models.Index(fields=["created_at"], name="payment_created"),
            models.Index(fields=["changed_at"], name="payment_changed"),  # of the last minutes: card testing
        ]

    def __str__(self) -> str:
        return str(self.public_id)

    @property
    def totals(self) -> Totals:
        """What the books hold of it."""
        return Totals(self.captured_minor, self.refunded_minor, self.charged_back_minor, self.won_back_minor)

    @property
    def reference(self) -> str:
        """Its reference in the ledger."""
        return f"{self.merchant_account.gateway}:{self.public_id}"

    @property
    def is_open(self) -> bool:
        """Whether the processor may still say that it was paid or declined for the first time."""
        return self.state in OPEN_STATES


class PaymentNotice(models.Model):
    """An event that a processor reported: once for each `key`. `charge` is the processor's number of the charge that it named:
    the place where it is before the charge is confirmed. Nothing else of its content is kept.
    """

    gateway = models.CharField(max_length=40)
    key = models.CharField(max_length=80)
    event = models.CharField(max_length=40)
    payment = models.ForeignKey(Payment, null=True, on_delete=models.PROTECT, related_name="notices")
    charge = models.CharField(max_length=80, blank=True, db_default="")
    received_at = models.DateTimeField(db_default=Now())

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["gateway", "key"], name="payment_notice_once")]
        indexes = [
            models.Index(fields=["received_at"], name="payment_notice_age"),
            models.Index(fields=["gateway", "charge"], condition=~Q(charge=""), name="payment_notice_charge"),
        ]

    def __str__(self) -> str:
        return f"{self.gateway} {self.event}"


class PayBack(models.Model):
    """Unused money on its way back to the card it came from: it left the wallet when this row was written.

    `sent_at`: since then the processor may have it, and is not asked again; what became of it, `confirm` says.
    """

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="pay_backs", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+", db_index=False)
    amount_minor = models.PositiveBigIntegerField()
    state = models.CharField(max_length=10, choices=PayBackState.choices, default=PayBackState.IN_TRANSIT)
    reason = models.CharField(max_length=300, blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )  # staff; None: the customer
    idempotency_key = models.CharField(max_length=200, null=True)  # noqa: DJ001 (unique if any): of staff's form
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="pay_back_amount_positive"),
            models.CheckConstraint(
                condition=Q(state=PayBackState.IN_TRANSIT, ended_at__isnull=True)
                | ~Q(state=PayBackState.IN_TRANSIT) & Q(ended_at__isnull=False),
                name="pay_back_ended",
            ),
            models.UniqueConstraint(
                fields=["idempotency_key"],
                condition=Q(idempotency_key__isnull=False),
                name="pay_back_once_per_key",
            ),
        ]
        indexes = [
            models.Index(F("payment"), F("id"), name="pay_back_payment"),
            models.Index(F("customer"), F("id").desc(), name="pay_back_customer"),
            models.Index(
                fields=["id"], condition=Q(state=PayBackState.IN_TRANSIT), name="pay_back_in_transit"
            ),
        ]

    def __str__(self) -> str:
        return f"pay-back {self.pk}"
