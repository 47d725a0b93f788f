"""Words of payouts, and which step may follow which. Pure."""

from django.db.models import TextChoices


class ItemState(TextChoices):
    """Where one operator's part of a run is. From `APPROVED` on the operator's account is debited."""

    PREPARED = "prepared", "prepared"
    APPROVED = "approved", "approved"
    EXPORTED = "exported", "exported"
    PAID = "paid", "paid"
    RETURNED = "returned", "returned"


class Method(TextChoices):
    """How money reaches an operator. `ACH` and `TRANSFER` are in a file for the bank, the others are sent one by one."""

    ACH = "ach", "ACH (NACHA file)"
    TRANSFER = "transfer", "bank transfer (CSV file)"
    CHECK = "check", "check"
    WALLET = "wallet", "wallet"


class AccountType(TextChoices):
    """Of a bank account."""

    CHECKING = "checking", "checking"
    SAVINGS = "savings", "savings"


class FileFormat(TextChoices):
    """Of a file for the bank."""

    NACHA = "nacha", "NACHA PPD"
    CSV = "csv", "CSV"


class RunKind(TextChoices):
    """Why a run was prepared."""

    WEEKLY = "weekly", "weekly close"
    STAFF = "staff", "by staff"
    ON_REQUEST = "request", "asked for by the operator"


class EntryStatus(TextChoices):
    """What an entry of an operator's account is a part of."""

    PAYABLE = "payable", "payable"
    PENDING = "pending", "pending"
    HELD = "held", "held"


FORMAT_OF = {Method.ACH: FileFormat.NACHA, Method.TRANSFER: FileFormat.CSV}

# What may follow. What isn't in a file is paid without one; a bank returns what was paid, too.
NEXT = {
    ItemState.PREPARED: frozenset({ItemState.APPROVED}),
    ItemState.APPROVED: frozenset({ItemState.EXPORTED, ItemState.PAID, ItemState.RETURNED}),
    ItemState.EXPORTED: frozenset({ItemState.PAID, ItemState.RETURNED}),
    ItemState.PAID: frozenset({ItemState.RETURNED}),
    ItemState.RETURNED: frozenset[ItemState](),
}
DEBITED = (ItemState.APPROVED, ItemState.EXPORTED, ItemState.PAID)
IN_TRANSIT = (ItemState.APPROVED, ItemState.EXPORTED)


def may_follow(before: ItemState, after: ItemState, method: Method) -> bool:
    """Whether an item may go from one state to the other."""
    if after not in NEXT[before]:
        return False
    if after == ItemState.EXPORTED:
        return method in FORMAT_OF
    return not (before == ItemState.APPROVED and after == ItemState.PAID and method in FORMAT_OF)
