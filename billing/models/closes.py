"""The close of each day: its trial balance, frozen, one after another. Written by `billing.services.close_days` alone."""

import pgtrigger
from django.db import models
from django.db.models import F, Q

from billing.ledger.states import AccountKind
from core.guards import NO_CHANGE, NO_TRUNCATE

# A close is of the day after the last one and names its digest; nobody adds one elsewhere.
FOLLOWS = pgtrigger.Trigger(
    name="follows",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert,
    declare=[("last", "record")],
    func="""
        SELECT day, digest INTO last FROM billing_dailyclose ORDER BY day DESC LIMIT 1;
        IF last.day IS NOT NULL AND (NEW.day <> last.day + 1 OR NEW.previous <> last.digest) THEN
            RAISE EXCEPTION 'the close of % does not follow that of %', NEW.day, last.day USING ERRCODE = 'AE422';
        END IF;
        RETURN NEW;
    """,
)


class DailyClose(models.Model):
    """One closed day of the books (in New York). `digest` is of all of it, its balances, the ledger's seal, and the close before."""

    day = models.DateField(unique=True)
    transactions = models.PositiveIntegerField()
    last_transaction_id = models.BigIntegerField()  # the last one booked by the end of the day
    seal_number = models.BigIntegerField()  # of the first seal that covers it
    open_differences = (
        models.PositiveIntegerField()
    )  # between processors' statements and our books, when it was closed
    previous = models.BinaryField(max_length=32)  # the digest of the close before; zeros in the first
    digest = models.BinaryField(max_length=32)
    closed_at = models.DateTimeField()

    class Meta:
        default_permissions = ("view",)
        ordering = ["-day"]
        triggers = [NO_CHANGE, NO_TRUNCATE, FOLLOWS]

    def __str__(self) -> str:
        return f"close of {self.day}"


class DailyBalance(models.Model):
    """One kind of account over one closed day, minor units: credits are what its owner gained, debits what it lost."""

    close = models.ForeignKey(DailyClose, on_delete=models.PROTECT, related_name="balances", db_index=False)
    kind = models.CharField(max_length=12, choices=AccountKind.choices)
    name = models.CharField(max_length=40, blank=True)
    currency = models.CharField(max_length=3)
    opening_minor = models.BigIntegerField()
    debits_minor = models.BigIntegerField()
    credits_minor = models.BigIntegerField()
    closing_minor = models.BigIntegerField()

    class Meta:
        default_permissions = ()
        ordering = ["kind", "name", "currency"]
        constraints = [
            models.UniqueConstraint(fields=["close", "kind", "name", "currency"], name="daily_balance_once"),
            models.CheckConstraint(
                condition=Q(
                    debits_minor__gte=0,
                    credits_minor__gte=0,
                    closing_minor=F("opening_minor") + F("credits_minor") - F("debits_minor"),
                ),
                name="daily_balance_adds_up",
            ),
        ]
        triggers = [NO_CHANGE, NO_TRUNCATE]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}".strip()
