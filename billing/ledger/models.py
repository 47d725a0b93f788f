"""Account, Transaction, Entry: append-only double entry (docs/accounting.md has worked postings).

Sign: an entry is positive where the account's owner gains. A wallet and a payable are what we owe, revenue is
what we earned; promo, adjustment, processor and payout go below zero by what came out of them.
Written only by `billing.ledger.posting`; corrections are new transactions.
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Greatest, Least, Lower

from billing.ledger import guards
from billing.ledger.quarter_hours import AccountQuarterHour
from billing.ledger.states import ONCE_PER_PAYMENT, OWNED_KINDS, SALES, AccountKind, TransactionKind
from billing.rating import as_minutes
from brands.models import Brand
from core.guards import NO_CHANGE, NO_TRUNCATE
from customers.models import Customer
from operators.models import Operator

__all__ = ["Account", "AccountQuarterHour", "ClockTimestamp", "Entry", "Seal", "Transaction"]


class ClockTimestamp(Func):
    """The time of the row, not of its transaction's start."""

    function = "clock_timestamp"
    output_field = models.DateTimeField()


_HAS_OWNER = Q(kind=AccountKind.WALLET, customer__isnull=False, operator__isnull=True) | Q(
    kind=AccountKind.PAYABLE, customer__isnull=True, operator__isnull=False
)
_IS_PLATFORM = ~Q(kind__in=OWNED_KINDS) & Q(
    customer__isnull=True, operator__isnull=True, balance_minor=0, held_minor=0, overdraft_minor=0
)
_NO_PROMO_WHERE_IN_DEBT = Q(kind=AccountKind.WALLET, promo_minor__lte=Greatest(F("balance_minor"), 0)) | Q(
    promo_minor=0
)
_IS_NO_SALE = ~Q(kind__in=[kind.value for kind in SALES])
_IS_PROMO_PAY = Q(kind=TransactionKind.PROMO, operator_minor__gte=0)
_IS_GIVEN_BACK = Q(kind__in=[TransactionKind.REFUND.value, TransactionKind.ADJUSTMENT.value])


class Account(models.Model):
    """A place money can be. Wallets and payables carry their balance; a platform account's is the sum of its entries.

    `held_minor` is the sum of the open authorizations' holds; what a customer can spend is
    `balance_minor - held_minor`. `overdraft_minor` is 0 except after a chargeback. `promo_minor` is the part of a wallet's
    balance that the platform gave: it is spent first and never paid back.
    """

    kind = models.CharField(max_length=12, choices=AccountKind.choices)
    name = models.CharField(
        max_length=40, blank=True
    )  # tells several accounts of one kind apart (processors)
    customer = models.ForeignKey(
        Customer, null=True, blank=True, on_delete=models.PROTECT, related_name="accounts", db_index=False
    )
    operator = models.ForeignKey(
        Operator, null=True, blank=True, on_delete=models.PROTECT, related_name="accounts", db_index=False
    )
    currency = models.CharField(max_length=3, default="USD")
    balance_minor = models.BigIntegerField(default=0)
    held_minor = models.BigIntegerField(default=0)
    overdraft_minor = models.BigIntegerField(default=0)
    promo_minor = models.BigIntegerField(default=0, db_default=0)
    created_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=_HAS_OWNER | _IS_PLATFORM, name="account_owner"),
            models.CheckConstraint(
                condition=Q(held_minor__gte=0, overdraft_minor__gte=0)
                & (Q(kind=AccountKind.WALLET) | Q(held_minor=0, overdraft_minor=0)),
                name="account_holds_on_wallets",
            ),
            models.CheckConstraint(
                condition=~Q(kind=AccountKind.WALLET)
                | Q(balance_minor__gte=F("held_minor") - F("overdraft_minor")),
                name="account_not_overdrawn",
            ),
            models.CheckConstraint(
                condition=Q(promo_minor__gte=0) & _NO_PROMO_WHERE_IN_DEBT, name="account_promo_within_balance"
            ),
            models.UniqueConstraint(
                fields=["customer", "currency"], condition=Q(kind=AccountKind.WALLET), name="one_wallet"
            ),
            models.UniqueConstraint(
                fields=["operator", "currency"], condition=Q(kind=AccountKind.PAYABLE), name="one_payable"
            ),
            models.UniqueConstraint(
                fields=["kind", "name", "currency"],
                condition=Q(customer__isnull=True, operator__isnull=True),
                name="one_platform_account",
            ),
        ]
        triggers = [guards.IDENTITY_STAYS, guards.NO_DELETE, NO_TRUNCATE]

    def __str__(self) -> str:
        if self.kind == AccountKind.WALLET:
            return f"wallet of customer {self.customer_id}"
        if self.kind == AccountKind.PAYABLE:
            return f"payable of operator {self.operator_id}"
        return f"{self.kind} {self.name}".strip()

    @property
    def has_owner(self) -> bool:
        """Whether it is a wallet or a payable, which carry their balance."""
        return self.kind in OWNED_KINDS

    @property
    def available_minor(self) -> int:
        """What can be spent now."""
        return self.balance_minor - self.held_minor

    @property
    def refundable_minor(self) -> int:
        """What could be paid back now: money the customer paid that is not held."""
        return max(0, min(self.available_minor, self.balance_minor - self.promo_minor))


class Transaction(models.Model):
    """One reason why money moved. Rows read like the seed's: amount, operator's and platform's part, minutes, rate.

    `amount_minor` is the size of it (the direction is in the entries); in a sale the two parts add up to it, and tax is
    beside it. In a refund or a correction it is what the customer gets or pays, tax included.
    `seconds` are the seconds paid for, `rate_minor` the rate per minute or message they were paid at.
    `reference` names what it was for: a call id, a message id, of a tip the call id and a number, of a top-up the
    payment.
    """

    kind = models.CharField(max_length=12, choices=TransactionKind.choices)
    idempotency_key = models.CharField(max_length=200)
    fingerprint = models.BinaryField(
        editable=False
    )  # SHA-256 of what was posted: tells a repeat from a re-used key
    customer = models.ForeignKey(
        Customer, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    operator = models.ForeignKey(
        Operator, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    # No constraint in the database: it would have every posting lock the same few rows. Brands are never deleted.
    brand = models.ForeignKey(
        Brand, null=True, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    reference = models.CharField(max_length=80, blank=True)
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    operator_minor = models.BigIntegerField(default=0)
    platform_minor = models.BigIntegerField(default=0)
    seconds = models.BigIntegerField(null=True)
    rate_minor = models.BigIntegerField(null=True)
    description = models.CharField(max_length=200, blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    reason = models.CharField(max_length=300, blank=True)
    reverses = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="reversals", db_index=False
    )
    created_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    class Meta:
        ordering = ["-id"]
        permissions = [
            ("credit_wallet", "Can credit and correct wallets"),
            ("refund_sale", "Can refund calls and texts"),
            ("record_payout", "Can record payouts and balances paid back"),
        ]
        constraints = [
            # Not `unique=True`, which would bring a second index for LIKE.
            models.UniqueConstraint(fields=["idempotency_key"], name="transaction_once_per_key"),
            # One payment that came in is booked once.
            models.UniqueConstraint(
                Lower("reference"),
                condition=Q(kind=TransactionKind.TOP_UP) & ~Q(reference=""),
                name=ONCE_PER_PAYMENT,
            ),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="transaction_amount_positive"),
            models.CheckConstraint(
                condition=~Q(kind__in=[kind.value for kind in SALES])
                | Q(amount_minor=F("operator_minor") + F("platform_minor")),
                name="transaction_parts_add_up",
            ),
        ]
        indexes = [
            models.Index(F("customer"), F("id").desc(), name="transaction_customer"),
            models.Index(F("operator"), F("id").desc(), name="transaction_operator"),
            models.Index(F("kind"), F("id").desc(), name="transaction_kind"),
            models.Index(fields=["reference"], condition=~Q(reference=""), name="transaction_reference"),
            models.Index(
                fields=["reverses"], condition=Q(reverses__isnull=False), name="transaction_reversals"
            ),
            models.Index(fields=["created_at"], name="transaction_age"),
            # No sale writes these: what is rare is read exactly, beside sums that are kept (`billing.ledger.quarter_hours`).
            models.Index(
                fields=["customer", "created_at"], condition=_IS_GIVEN_BACK, name="transaction_given_back"
            ),
            models.Index(
                fields=["operator", "created_at"],
                condition=Q(operator__isnull=False) & _IS_NO_SALE & ~_IS_PROMO_PAY,
                name="transaction_not_earned",
            ),
        ]
        triggers = [NO_CHANGE, NO_TRUNCATE, guards.HAS_ENTRIES]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def minutes(self) -> int | float | None:
        """The minutes paid for, as on a receipt; None where time was not what was sold."""
        return None if self.seconds is None else as_minutes(self.seconds)

    @property
    def refunded_tax_minor(self) -> int:
        """What of a refund was tax: neither the operator nor the platform gave it."""
        return self.amount_minor - self.operator_minor - self.platform_minor


class Entry(models.Model):
    """One side of a transaction on one account, signed and never zero.

    `promo_minor`, of the same sign, is how much of it was promotional money of a wallet.
    """

    # The `balanced` trigger checks both references without locking rows that every posting shares.
    transaction = models.ForeignKey(
        Transaction, on_delete=models.PROTECT, related_name="entries", db_index=False, db_constraint=False
    )
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="entries", db_index=False, db_constraint=False
    )
    amount_minor = models.BigIntegerField()
    promo_minor = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        verbose_name_plural = "entries"
        constraints = [
            models.CheckConstraint(condition=~Q(amount_minor=0), name="entry_not_zero"),
            models.CheckConstraint(
                condition=Q(promo_minor__gte=Least(F("amount_minor"), 0))
                & Q(promo_minor__lte=Greatest(F("amount_minor"), 0)),
                name="entry_promo_within_amount",
            ),
        ]
        indexes = [
            models.Index(F("account"), F("id").desc(), name="entry_account"),
            models.Index(fields=["transaction"], name="entry_transaction"),
        ]
        triggers = [NO_CHANGE, NO_TRUNCATE, guards.BALANCED]

    def __str__(self) -> str:
        return f"{self.amount_minor} on account {self.account_id}"


class Seal(models.Model):
    """What the transactions `first_id` to `last_id` were when they were sealed, and the seal before: a chain of hashes.

    Ranges follow each other without a gap, from the first transaction on. Made by `billing.services.seal_ledger`, checked by
    the audit; `digest` of the newest one, the head, leaves the database every day (`billing.ledger.heads`).
    """

    number = models.BigIntegerField(primary_key=True)  # 1, 2, 3 …
    format = models.PositiveSmallIntegerField(default=1)  # how transactions are digested
    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField()
    transactions = models.BigIntegerField()  # how many; ids of what was rolled back are in no row
    root = models.BinaryField(max_length=32)
    previous = models.BinaryField(max_length=32)  # the digest of the seal before; zeros in the first
    digest = models.BinaryField(max_length=32)  # SHA-256 of all of the above (billing.ledger.seals)
    sealed_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(last_id__gte=F("first_id")), name="seal_has_a_range")
        ]
        triggers = [NO_CHANGE, NO_TRUNCATE, guards.FOLLOWS]

    def __str__(self) -> str:
        return f"seal {self.number}"
