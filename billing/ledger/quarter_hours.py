"""Sums of each account by quarter of an hour, kept along with the postings. Read by `billing.earned`, limits, and payouts."""

from django.db import models


class AccountQuarterHour(models.Model):
    """What moved on a wallet or payable within a quarter of an hour: sums of a period add these up.

    On wallets what sales moved, on payables all that counts as earned, refunds and corrections included. `begins_at` is a whole
    quarter hour, and so is the beginning of each day anywhere: whatever zone a person lives in, or moves to, sums of days are exact.
    Written by `ledger_post_rows` and by `billing.services.rebuild_roll_ups`; the audit compares it with the entries.
    """

    pk = models.CompositePrimaryKey("account_id", "begins_at")
    # No constraint in the database: the entry that is posted along has the account checked.
    account = models.ForeignKey(
        "ledger.Account",
        on_delete=models.PROTECT,
        related_name="quarter_hours",
        db_index=False,
        db_constraint=False,
    )
    begins_at = models.DateTimeField()
    amount_minor = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.amount_minor} on account {self.account_id} from {self.begins_at}"
